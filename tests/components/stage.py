"""A small server for component tests: our assets, scripted event sockets, and a page with the component."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from webapp.events import Batch, RunEvent
from webapp.pages.theme import SecondThoughts
from webapp.routes.answer import answer, refusal
from webapp.routes.assets import add_assets


@dataclass
class Script:
    """What one run's socket sends.

    `drop_after` ends the first connection after that event without a word; `epochs` are used one a connection,
    the last one for all later ones; `asked` keeps the query of every connection.
    """

    events: Sequence[RunEvent]
    size: int = 8
    pause: float = 0.0
    drop_after: int | None = None
    epochs: tuple[str, ...] = ("one",)
    asked: list[dict[str, str]] = field(default_factory=list)

    async def play(self, socket: WebSocket) -> None:
        query = dict(socket.query_params)
        self.asked.append(query)
        connection = len(self.asked)
        epoch = self.epochs[min(connection, len(self.epochs)) - 1]
        after = int(query["after"]) if query.get("epoch", epoch) == epoch else 0
        until = len(self.events)
        if connection == 1 and self.drop_after is not None:
            until = self.drop_after
        for start in range(after, until, self.size):
            events = list(self.events[start : min(until, start + self.size)])
            batch = Batch(run="r", epoch=epoch, seq=start + 1, events=events)
            await socket.send_text(batch.model_dump_json())
            await asyncio.sleep(self.pause)
        await socket.close(1000 if until == len(self.events) else 1012)


class Stage:
    """The server in a thread.

    `scripts` are its runs, `json` what `/api/NAME` answers (a value, a Response, or a function of the query; runs
    have no evidence unless it says so), `asked` the names and queries that were asked for, `heard` what
    the components triggered.
    """

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}
        self.json: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.app = FastAPI(docs_url=None, openapi_url=None)
        self._routes()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.url = ""

    def _routes(self) -> None:
        @self.app.websocket("/api/runs/{run}/events")
        async def events(socket: WebSocket, run: str) -> None:
            await socket.accept()
            try:
                if run in self.scripts:
                    await self.scripts[run].play(socket)
                else:
                    await socket.close(4404)
            except (WebSocketDisconnect, RuntimeError):
                return  # the page has gone

        @self.app.get("/api/{name:path}")
        async def told(name: str, request: Request) -> Response:
            query = dict(request.query_params)
            self.asked.append((name, query))
            unknown = [] if name.endswith("/evidence") else refusal("Nothing is known of this.", 404)
            found = self.json.get(name, unknown)
            value = found(query) if callable(found) and not isinstance(found, Response) else found
            return value if isinstance(value, Response) else answer(value)

        add_assets(self.app)

    def hear(self, name: str) -> Callable[[gr.EventData], None]:
        """Return a handler that keeps what an event carried."""

        def handler(event: gr.EventData) -> None:
            self.heard.append((name, dict(event._data)))

        return handler

    def start(self, demo: gr.Blocks) -> None:
        demo.has_launched = True
        app = gr.mount_gradio_app(
            self.app, demo, path="/", theme=SecondThoughts(), footer_links=[], show_error=True, ssr_mode=False
        )
        self._server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the test server did not start")
            self._thread.join(0.02)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        assert self._server is not None and self._thread is not None
        self._server.should_exit = True
        self._thread.join(10)
