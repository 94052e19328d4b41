"""The methods over HTTP: what each is, and what its calls look like in a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from storage.records import Generation
from webapp.auth import person_of
from webapp.methods.describe import describe
from webapp.methods.registry import methods
from webapp.routes.answer import answer, refusal
from webapp.runs.recorded import Recorded, Recordings
from webapp.runs.services import Services


def method_routes(services: Services) -> APIRouter:
    """Return the routes of methods."""
    router = APIRouter()

    @router.get("/api/methods")
    async def listed() -> Response:
        """Return every method with its card, its parameters and its needs."""
        return answer(describe())

    @router.get("/api/methods/{name}/calls")
    async def calls(request: Request, name: str) -> Response:
        """Return the texts of a run of a method and what each was made from; null where none has run yet."""
        if name not in methods():
            return refusal("There is no method of that name here.", 404)
        recorded = await Recordings(services.library.of(person_of(request))).of(name)
        return answer(recorded and _told(recorded))

    return router


def _told(recorded: Recorded) -> Mapping[str, Any]:
    run = recorded.run
    return {
        "run": {
            "id": run.id, "name": run.name, "question": run.problem.question, "model": run.model.id,
            "example": recorded.example, "chosen": run.outcome.chosen_generation,
            "voters": sorted(branch for vote in run.outcome.votes for branch in vote.branches),
        },
        "calls": [_call(text) for text in sorted(recorded.generations, key=lambda text: text.ordinal)],
        "scores": [
            {"generation": score.generation_id, "name": score.name, "value": score.value}
            for score in recorded.scores if score.generation_id
        ],
    }  # fmt: skip


def _call(text: Generation) -> Mapping[str, Any]:
    return {
        "id": text.id, "role": text.role, "label": text.label, "branch": text.branch, "round": text.round,
        "parents": text.parents, "tokens": text.cost.generated_tokens, "copied": text.copied_from is not None,
    }  # fmt: skip
