"""Small grids for tests, and what became of their cells."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

from storage.database import Database
from storage.experiments import CellRow, Experiment
from storage.records import Problem, Run
from storage.repositories import runs as run_store
from webapp.experiments.service import ExperimentService
from webapp.experiments.spec import ExperimentSpec
from webapp.tasks.problems import make_problem

PATIENCE = 60  # seconds until something must have happened


def problems(count: int = 3) -> list[Problem]:
    """Return numeric problems whose answer is 0, which is what the puppet's first sample says."""
    return [make_problem(f"Question {i}?", "numeric", "0") for i in range(count)]


def arm(samples: int = 1, method: str = "scene_draft", title: str = "", **params: Any) -> dict[str, Any]:
    return {"method": method, "params": {"samples": samples, "max_tokens": 100, **params}, "title": title}


def spec(*arms: dict[str, Any], **fields: Any) -> ExperimentSpec:
    """Return a spec of two arms by default."""
    methods = arms or (arm(1), arm(2))
    return ExperimentSpec.model_validate(
        {"name": "A grid", "methods": methods, "data": {"source": "starter"}} | fields
    )


async def created(service: ExperimentService, *arms: dict[str, Any], count: int = 3, **fields: Any) -> str:
    """Make an experiment."""
    load_models = fields.pop("load_models", False)
    return await service.create(spec(*arms, **fields), problems(count), person="local", load_models=load_models)


async def ended(service: ExperimentService, experiment_id: str) -> Experiment:
    """Wait until the service does not work on an experiment any more, and return where that stands."""
    async with asyncio.timeout(PATIENCE):
        await service.wait(experiment_id)
    return await service.get(experiment_id)


async def rows(service: ExperimentService, experiment_id: str) -> list[CellRow]:
    return (await service.cells(experiment_id, limit=1_000)).items


async def states(service: ExperimentService, experiment_id: str) -> Counter[str]:
    """Count the cells by state."""
    return Counter(row.state for row in await rows(service, experiment_id))


async def until(holds: Callable[[], Any]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = holds()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.01)  # between two looks


async def runs_of(database: Database, service: ExperimentService, experiment_id: str) -> list[Run]:
    """Return all runs that an experiment has made and not put away."""
    session = (await service.get(experiment_id)).session_id
    return await database.read(lambda s: run_store.of_session(s, session))
