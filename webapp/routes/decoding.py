"""The decoding panel over HTTP: what truncation rules would have kept at the tokens of a stored text."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from webapp.analysis.truncation import Rules
from webapp.auth import person_of
from webapp.charts.decoding import along_data, inspection_data
from webapp.routes.answer import answer
from webapp.runs.decoding import Decoding
from webapp.runs.services import Services

Temperature = Annotated[float | None, Query(ge=0.05, le=10, allow_inf_nan=False)]
DEFAULTS = Rules()


def rules(
    alpha: Annotated[float, Query(gt=0, lt=1)] = DEFAULTS.alpha,
    top_p: Annotated[float, Query(gt=0, le=1)] = DEFAULTS.top_p,
    min_p: Annotated[float, Query(ge=0, le=1)] = DEFAULTS.min_p,
    top_k: Annotated[int, Query(ge=1, le=1_000_000)] = DEFAULTS.top_k,
    eta: Annotated[float, Query(ge=0, lt=1)] = DEFAULTS.eta,
) -> Rules:
    """Return the settings of the rules that an address asks for."""
    return Rules(alpha, top_p, min_p, top_k, eta)


Asked = Annotated[Rules, Depends(rules)]


def decoding_routes(services: Services) -> APIRouter:
    """Return the routes of the decoding panel."""
    router = APIRouter()
    decoding = Decoding(services.library, services.hub)

    @router.get("/api/texts/{text_id}/rules")
    async def at(
        request: Request,
        text_id: str,
        asked: Asked,
        index: Annotated[int, Query(ge=0)],
        temperature: Temperature = None,
    ) -> Response:
        """Return what each rule keeps at a token, with the likeliest tokens and a chart."""
        found = await decoding.at(text_id, index, temperature, asked, person=person_of(request))
        return answer(await asyncio.to_thread(inspection_data, found))

    @router.get("/api/texts/{text_id}/rules/along")
    async def along(request: Request, text_id: str, asked: Asked, temperature: Temperature = None) -> Response:
        """Return a chart of how many tokens each rule keeps along a text."""
        found = await decoding.along(text_id, temperature, asked, person=person_of(request))
        return answer(await asyncio.to_thread(along_data, found))

    return router
