"""The password gate of a server that asks for one: a login page, a session cookie, a limit on guesses."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlencode

from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

PAGE = Path(__file__).parent / "components" / "login" / "login.html"
LOGIN = "/login"
COOKIE = "second_thoughts"
DAYS = 14
GUESSES, WINDOW = 10, 60.0  # wrong passwords from one address in that many seconds
LONGEST_FORM = 4096  # bytes
UNAUTHORISED = 4401  # close code of a socket without a session


class PasswordGate:
    """Lets those in who know the password; sessions live in memory and end with the process."""

    def __init__(self, app: ASGIApp, password: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._password = _digest(password)
        self._clock = clock
        self._sessions: dict[bytes, float] = {}
        self._wrong: dict[str, deque[float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes with a session, else ask for the password."""
        if scope["type"] not in ("http", "websocket") or self._known(HTTPConnection(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": UNAUTHORISED})
        else:
            request = Request(scope, receive)
            await (await self._ask(request))(scope, receive, send)

    async def _ask(self, request: Request) -> Response:
        if request.url.path == LOGIN:
            return await self._login(request) if request.method == "POST" else FileResponse(PAGE)
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"{LOGIN}?{urlencode({'next': path})}", status_code=303)
        return JSONResponse({"error": "Log in first."}, status_code=401)

    async def _login(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        wrong = self._recent(address)
        if len(wrong) >= GUESSES:
            return PlainTextResponse("Too many wrong passwords; wait a minute.", status_code=429)
        given = parse_qs((await _body(request)).decode("utf-8", "replace")).get("password", [""])[0]
        if not hmac.compare_digest(_digest(given), self._password):
            wrong.append(self._clock())
            again = {"next": request.query_params.get("next", "/"), "wrong": "1"}
            return RedirectResponse(f"{LOGIN}?{urlencode(again)}", status_code=303)
        self._wrong.pop(address, None)
        return self._welcome(request)

    def _welcome(self, request: Request) -> Response:
        token = secrets.token_urlsafe(32)
        now = self._clock()
        self._sessions = {key: until for key, until in self._sessions.items() if until > now}
        self._sessions[_digest(token)] = now + DAYS * 86_400
        response = RedirectResponse(_local(request.query_params.get("next", "/")), status_code=303)
        response.set_cookie(
            COOKIE, token, max_age=DAYS * 86_400, httponly=True, samesite="lax", secure=request.url.scheme == "https"
        )
        return response

    def _known(self, connection: HTTPConnection) -> bool:
        token = connection.cookies.get(COOKIE)
        return token is not None and self._sessions.get(_digest(token), 0.0) > self._clock()

    def _recent(self, address: str) -> deque[float]:
        wrong = self._wrong.setdefault(address, deque())
        while wrong and wrong[0] <= self._clock() - WINDOW:
            wrong.popleft()
        return wrong


def _local(path: str) -> str:
    """Return a path of this server: a redirect must not lead anywhere else."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return b""
    return body


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
