"""An experiment service over a real database and scripted engines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import pytest

from storage.database import Database
from tests.runs.conftest import database, methods_of_tests, puppet, stage
from tests.runs.puppet import Stage
from webapp.experiments.pace import Pace
from webapp.experiments.service import ExperimentService
from webapp.runs.limits import Limits
from webapp.runs.service import RunService

__all__ = ["database", "methods_of_tests", "puppet", "stage"]

QUICK = Pace(lease=15.0, tick=0.05)
Make: TypeAlias = Callable[..., Awaitable[ExperimentService]]


@pytest.fixture
async def make(database: Database, stage: Stage, methods_of_tests: None) -> AsyncIterator[Make]:
    """Return a function that makes services as programs of their own do; all are closed at the end."""
    made: list[tuple[ExperimentService, RunService]] = []

    async def one(hub: Stage = stage, pace: Pace = QUICK, place: str = "server") -> ExperimentService:
        runs = RunService(database, hub, Limits(autosave=0.02))  # type: ignore[arg-type]
        await runs.start()
        service = ExperimentService(database, hub, runs, place, pace)  # type: ignore[arg-type]
        made.append((service, runs))
        return service

    yield one
    for service, runs in made:
        await service.close()
        await runs.close()


@pytest.fixture
async def service(make: Make) -> ExperimentService:
    return await make()
