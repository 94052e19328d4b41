"""Serves the app below a path of another server, as a proxy shows it."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Prefix:
    """Takes a path away from what comes in and puts it before what the app says of its own places.

    A proxy may have taken it away already, and who is on this machine may leave it out. Below here nobody knows of
    it, except Gradio, which writes the addresses of its pages itself.
    """

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")

        async def out(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = list(self._outward(message.get("headers", ()), host))
            await send(message)

        await self._app(self._inward(scope), receive, out)

    def _inward(self, scope: Scope) -> Scope:
        path, raw = scope["path"], scope.get("raw_path") or b""
        if path != self._path and not path.startswith(f"{self._path}/"):
            return scope
        size = len(self._path)
        return {**scope, "path": path[size:] or "/", "raw_path": raw[size:] or b"/"}

    def _outward(self, headers: Iterable[tuple[bytes, bytes]], host: str) -> Iterable[tuple[bytes, bytes]]:
        for name, value in headers:
            match name.lower():
                case b"location":
                    yield name, self._moved(value.decode("latin-1"), host).encode("latin-1")
                case b"set-cookie":  # or the same program below another path would take it for its own
                    parts = value.decode("latin-1").split("; ")
                    yield name, "; ".join(self._kept(part) for part in parts).encode("latin-1")
                case _:
                    yield name, value

    def _moved(self, location: str, host: str) -> str:
        parts = urlsplit(location)
        ours = parts.netloc in ("", host) and parts.path.startswith("/")
        if not ours or parts.path == self._path or parts.path.startswith(f"{self._path}/"):
            return location
        return parts._replace(path=self._path + parts.path).geturl()

    def _kept(self, part: str) -> str:
        return f"{part[:5]}{self._path}" if part.lower() == "path=/" else part
