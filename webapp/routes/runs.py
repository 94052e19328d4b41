"""Runs over HTTP and WebSocket: the event stream that pages draw, and a summary."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from webapp.auth import person_of
from webapp.charts.evidence import evidence_of
from webapp.charts.p_ik import p_ik
from webapp.charts.refinement import refinement
from webapp.routes.answer import answer, refusal
from webapp.runs.feed import UnknownRun
from webapp.runs.request import BadRequest
from webapp.runs.services import Services

NO_SUCH_RUN = 4404  # close code: reconnecting is useless
TRY_AGAIN = 1013  # close code: a page asks again in a moment
FASTEST = 1000.0

_log = logging.getLogger("second_thoughts.server")


def run_routes(services: Services) -> APIRouter:
    """Return the routes of runs."""
    router = APIRouter()

    @router.websocket("/api/runs/{run_id}/events")
    async def events(
        socket: WebSocket,
        run_id: str,
        after: Annotated[int, Query(ge=0)] = 0,
        epoch: str | None = None,
        speed: Annotated[float | None, Query(gt=0)] = None,
    ) -> None:
        """Send batches of events after number `after`; `speed` tells a stored run with its own timing."""
        await socket.accept()
        if speed is not None:
            speed = min(speed, FASTEST) if math.isfinite(speed) else FASTEST
        await _until_gone(socket, _send(services, socket, run_id, after, epoch, speed))

    @router.get("/api/runs/{run_id}")
    async def summary(request: Request, run_id: str) -> Response:
        """Return a run with its generations, without their token traces."""
        library = services.library.of(person_of(request))
        run = await library.run(run_id)
        if run is None:
            return refusal("There is no such run here; it may have been deleted.", 404)
        return answer({"run": run, "generations": await library.generations(run_id)})

    @router.get("/api/runs/{run_id}/evidence")
    async def evidence(request: Request, run_id: str) -> Response:
        """Return what a run's stored scores show: charts and tables with a sentence on how to read each."""
        library = services.library.of(person_of(request))
        run = await library.run(run_id)
        if run is None:
            return refusal("There is no such run here; it may have been deleted.", 404)
        texts, scores = await library.generations(run_id), await library.scores(run_id)
        known, ranked = await library.known(run, scores), await library.refinement(run)

        def shown() -> list[dict[str, Any]]:
            found = evidence_of(run, texts, scores)
            found += [] if known is None else [p_ik(known)]
            found += [] if ranked is None else [refinement(ranked)]
            return [each.as_data() for each in found]

        return answer(await asyncio.to_thread(shown))

    return router


async def _send(
    services: Services, socket: WebSocket, run_id: str, after: int, epoch: str | None, speed: float | None
) -> None:
    try:
        async with aclosing(
            services.runs.subscribe(run_id, after, epoch, speed, person=person_of(socket).id)
        ) as batches:
            async for batch in batches:
                await socket.send_text(batch.model_dump_json())
        await socket.close()
    except UnknownRun:
        await socket.close(NO_SUCH_RUN)
    except BadRequest as error:  # a database that cannot be read now
        _log.warning("A viewer of run %s was sent away: %s", run_id, error)
        await socket.close(TRY_AGAIN)


async def _until_gone(socket: WebSocket, sending: Coroutine[None, None, None]) -> None:
    """Send until all is sent or the viewer is gone, which only receiving tells while nothing happens."""
    sender = asyncio.create_task(sending)
    watcher = asyncio.create_task(_gone(socket))
    try:
        await asyncio.wait({sender, watcher}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sender, watcher):
            task.cancel()
    for task in (sender, watcher):
        with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect):
            await task


async def _gone(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass
