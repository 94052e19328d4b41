"""What every request and socket passes first: it must be meant for this server and come from its own pages."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
FORBIDDEN = 4403  # close code of a socket that may not be opened

# Gradio's templates need inline scripts and eval; nothing may be loaded from, or sent to, anywhere else.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """Refuses foreign hosts (DNS rebinding) and foreign origins (cross-site requests); adds protective headers.

    Pure ASGI, because a middleware for HTTP alone would let sockets through. `hosts` are host names without
    port; None accepts any name, for servers that other machines reach under names not known here. The origin
    has to be the host in every case.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] | None = LOOPBACK) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif problem := self._problem(Headers(scope=scope), scope["scheme"]):
            await _refuse(problem, scope, receive, send)
        else:
            await self._app(scope, receive, _protected(send))

    def _problem(self, headers: Headers, scheme: str) -> str:
        host = _place(f"{scheme}://{headers.get('host', '')}")
        if host is None or (self._hosts is not None and host[0] not in self._hosts):
            return "This server does not answer under that host name."
        if any(_place(origin) != host for origin in headers.getlist("origin")):
            return "Requests from other sites are refused."
        # A page elsewhere may link here, but not embed or fetch anything.
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate":
            return "Requests from other sites are refused."
        return ""


def _place(url: str) -> tuple[str, int | None] | None:
    """Return the host name and port of a URL, None for what is none (such as the origin "null").

    The port is None where it is the scheme's own: behind a proxy that ends TLS, a page of https://name talks to
    http://name here.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None or parts.path not in ("", "/"):
        return None
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return name, None if port == DEFAULT_PORTS.get(parts.scheme) else port


async def _refuse(problem: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()  # the connect message
        await send({"type": "websocket.close", "code": FORBIDDEN})
    else:
        await PlainTextResponse(problem, status_code=403)(scope, receive, _protected(send))


def _protected(send: Send) -> Send:
    async def out(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return out
