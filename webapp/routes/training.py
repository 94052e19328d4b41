"""Training data over HTTP: what there is to choose, a preview, files with their cards, everything, labels."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from webapp.auth import person_of
from webapp.export.training import files
from webapp.export.training.making import Export
from webapp.export.training.registry import BUILDERS, FORMATS, formats_of
from webapp.export.training.settings import TrainingSettings
from webapp.pages.urls import selection
from webapp.routes.answer import answer
from webapp.runs.request import BadRequest
from webapp.runs.selected.service import Wanted
from webapp.runs.services import Services
from webapp.runs.training import Training, ordered, template_of

SHOWN = 3  # rows of a preview
Name = Annotated[str, Query(max_length=40)]
Chosen = Annotated[str, Query(max_length=4000)]


def asked_for(request: Request) -> Wanted:
    """Return the selection that an address names."""
    return selection(request.query_params)


Asked = Annotated[Wanted, Depends(asked_for)]


def training_routes(services: Services) -> APIRouter:
    """Return the routes of training data."""
    router = APIRouter()

    def training(request: Request) -> Training:
        return Training(services.database, person_of(request).id)

    async def made(request: Request, wanted: Wanted, builder: str, format: str, settings: str) -> Export:
        order = ordered(wanted, builder, format, settings)
        cache = services.settings.cache_dir / "models"
        template = await template_of(services.hub.loaded(), cache) if order.format.needs_template else None
        return await training(request).make(order, template)

    @router.get("/api/training/choices")
    async def choices() -> Response:
        """Return the builders with their formats, the formats, and the settings as a JSON schema."""
        return answer({
            "builders": [_builder(name) for name in BUILDERS], "formats": [_format(name) for name in FORMATS],
            "settings": TrainingSettings.model_json_schema(),
        })  # fmt: skip

    @router.get("/api/training/preview")
    async def preview(
        request: Request, wanted: Asked, builder: Name, format: Name, settings: Chosen = ""
    ) -> Response:
        """Return how many rows there would be, what would be left out and why, and the first rows."""
        export = await made(request, wanted, builder, format, settings)
        return answer({
            "rows": len(export.rows), "kinds": export.kinds, "refused": dict(export.refused.most_common()),
            "runs": export.runs, "problems": export.problems, "first": [each.row for each in export.rows[:SHOWN]],
        })  # fmt: skip

    @router.get("/api/training/file")
    async def file(request: Request, wanted: Asked, builder: Name, format: Name, settings: Chosen = "") -> Response:
        """Return the rows and their data card as a zip file."""
        export = await made(request, wanted, builder, format, settings)
        if not export.rows:
            raise BadRequest("No row can be made of these runs with these settings; the preview says why.")
        name = f"{builder}-{format}"
        packed = await asyncio.to_thread(files.zipped, export, name)
        headers = {"content-disposition": f'attachment; filename="{name}.zip"', "cache-control": "no-store"}
        return Response(packed, media_type="application/zip", headers=headers)

    @router.get("/api/training/traces")
    async def traces(request: Request, wanted: Asked) -> Response:
        """Return every text, token, signal, score and label of the runs as JSON Lines."""
        return await _file("traces.jsonl", lambda path: training(request).everything(wanted, path))

    @router.get("/api/training/labels")
    async def labels(request: Request, wanted: Asked) -> Response:
        """Return what people said about the runs as JSON Lines that can be imported again."""
        return await _file("labels.jsonl", lambda path: training(request).labels(wanted, path))

    return router


async def _file(name: str, write: Callable[[Path], Awaitable[int]]) -> Response:
    folder = tempfile.TemporaryDirectory(prefix="second-thoughts-")
    path = Path(folder.name) / name
    try:
        if not await write(path):
            raise BadRequest("There is nothing of that about these runs.")
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        path, media_type="application/octet-stream", filename=name, background=BackgroundTask(folder.cleanup)
    )


def _builder(name: str) -> dict[str, Any]:
    found = BUILDERS[name]
    return {
        "name": name, "title": found.title, "source": found.source, "description": found.description,
        "formats": formats_of(found), "uses": found.uses, "draws": found.draw is not None,
    }  # fmt: skip


def _format(name: str) -> dict[str, Any]:
    found = FORMATS[name]
    return {
        "name": name, "title": found.title, "columns": found.columns, "training": found.training,
        "needs_template": found.needs_template,
    }  # fmt: skip
