"""What is there to choose from: the model and others, starter problems."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from webapp.models.catalogue import recommended_models
from webapp.routes.answer import answer
from webapp.runs.engines import ModelNotReady
from webapp.runs.services import Services
from webapp.tasks.starter import starter_problems


def information_routes(services: Services) -> APIRouter:
    """Return the routes that only tell."""
    router = APIRouter()

    @router.get("/api/model")
    async def model() -> Response:
        """Return how far the model is, what it is, and which others are recommended."""
        return answer({
            "status": services.hub.status(),
            "model": _model(services),
            "recommended": recommended_models(),
        })  # fmt: skip

    @router.get("/api/problems")
    async def problems() -> Response:
        """Return the starter problems with their measured pass rates."""
        return answer(starter_problems())

    return router


def _model(services: Services) -> dict[str, object] | None:
    try:
        info = services.hub.engine().info
    except ModelNotReady:
        return None
    return {
        "record": info.record,
        "name": info.name,
        "parameters": info.parameters,
        "capabilities": sorted(info.capabilities),
        "absent": dict(info.absent),
        "max_batch": info.max_batch,
    }
