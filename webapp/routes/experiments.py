"""Experiments over HTTP: their list, how far each is, its cells a page at a time, and its table as a file."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from storage.experiments import CellFilter, CellState, ExperimentRow
from webapp.auth import person_of
from webapp.experiments.names import arm_names
from webapp.experiments.service import ExperimentService
from webapp.experiments.spec import ExperimentSpec
from webapp.experiments.standing import Standing
from webapp.routes.answer import answer
from webapp.routes.library import Limit, Offset, Text, file_name
from webapp.runs.access import Access

Outcome = Annotated[str | None, Query(pattern="^[a-z]+(>[a-z]+)?$")]


def experiment_routes(experiments: ExperimentService, access: Access) -> APIRouter:
    """Return the routes of experiments."""
    router = APIRouter()

    async def check(request: Request, experiment_id: str) -> None:
        await access.require("experiment", experiment_id, person_of(request).id)

    @router.get("/api/experiments")
    async def listed(
        request: Request, text: Text = "", deleted: bool = False, offset: Offset = 0, limit: Limit = 50
    ) -> Response:
        """Return a page of experiments, newest first: `{items, total}`."""
        person = person_of(request).id
        page = await experiments.page(text, person=person, deleted=deleted, offset=offset, limit=limit)
        return answer({"items": [_row(row) for row in page.items], "total": page.total})

    @router.get("/api/experiments/{experiment_id}")
    async def one(request: Request, experiment_id: str) -> Response:
        """Return what an experiment is, how far it is, and what its methods came to so far."""
        await check(request, experiment_id)
        found = await experiments.standing(experiment_id)
        return answer(_told(found) | {"results": await experiments.results(experiment_id)})

    @router.get("/api/experiments/{experiment_id}/cells")
    async def cells(
        request: Request,
        experiment_id: str,
        state: CellState | None = None,
        arm: Annotated[int | None, Query(ge=0, lt=2**31)] = None,
        model: str | None = None,
        seed: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
        outcome: Outcome = None,
        text: Text = "",
        offset: Offset = 0,
        limit: Limit = 50,
    ) -> Response:
        """Return a page of cells in the order of the grid: `{items, total}`."""
        await check(request, experiment_id)
        only = CellFilter(state, arm, model, seed, outcome, text)
        page = await experiments.cells(experiment_id, only, offset=offset, limit=limit)
        return answer({"items": page.items, "total": page.total})

    @router.get("/api/experiments/{experiment_id}/export")
    async def export(
        request: Request, experiment_id: str, format: Literal["csv", "jsonl", "parquet"] = "csv"
    ) -> Response:
        """Return a table with a row a cell."""
        await check(request, experiment_id)
        experiment = await experiments.get(experiment_id)
        folder = tempfile.TemporaryDirectory(prefix="second-thoughts-")
        path = Path(folder.name) / f"cells.{format}"
        await experiments.export(experiment_id, path)
        return FileResponse(
            path,
            media_type="application/octet-stream",
            filename=f"{file_name(experiment.name)}.{format}",
            background=BackgroundTask(folder.cleanup),
        )

    return router


def _row(row: ExperimentRow) -> Mapping[str, Any]:
    found = row.experiment
    return {
        "id": found.id, "name": found.name, "status": found.status, "cells": row.cells, "total": row.total,
        "created_at": found.created_at, "deleted_at": found.deleted_at,
    }  # fmt: skip


def _told(found: Standing) -> dict[str, Any]:
    experiment = found.experiment
    spec = ExperimentSpec.model_validate(experiment.spec)
    return {
        "id": experiment.id, "name": experiment.name, "session": experiment.session_id, "status": experiment.status,
        "note": found.trouble or experiment.note, "place": experiment.place, "load_models": experiment.load_models,
        "created_at": experiment.created_at, "deleted_at": experiment.deleted_at, "attended": found.attended,
        "cells": found.cells, "total": found.total, "ended": found.ended, "per_minute": found.per_minute,
        "seconds_left": found.seconds_left, "waits_for": found.waits_for, "estimate": found.estimate,
        "arms": arm_names(spec), "models": spec.models, "seeds": spec.seeds, "data": spec.data, "budget": spec.budget,
    }  # fmt: skip
