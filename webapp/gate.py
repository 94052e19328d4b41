"""What the gates of a server have in common: a login page, a cookie, a limit on guesses, a way out."""

from __future__ import annotations

import asyncio
import ipaddress
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlencode

from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from webapp.runs.request import BadRequest

PAGES = Path(__file__).parent / "components" / "login"
LOGIN, LOGOUT = "/login", "/logout"
COOKIE = "second_thoughts"
DAYS = 14
GUESSES, WINDOW = 10, 60.0  # wrong guesses of one kind in that many seconds
LOOKS = 2  # log-ins that are looked at at once: to check one may take 32 MiB
WATCHED = 10_000  # addresses and names whose wrong guesses are remembered
LONGEST_FORM = 4096  # bytes
UNAUTHORISED = 4401  # close code of a socket without a session


class Gate(ABC):
    """Lets those in who show a token, and gives one to whoever fills in the login page rightly."""

    page: Path

    def __init__(self, app: ASGIApp, clock: Callable[[], float]) -> None:
        self._app = app
        self._clock = clock
        self._wrong: dict[Hashable, deque[float]] = {}
        self._looks = asyncio.Semaphore(LOOKS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes with a token, else ask for a log-in."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif (token := self._token(scope)) is not None and self._admits(scope, token):
            leaving = scope["type"] == "http" and scope["method"] == "POST" and Request(scope).url.path == LOGOUT
            await (self._leave(token) if leaving else self._app)(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": UNAUTHORISED})
        else:
            request = Request(scope, receive)
            await (await self._ask(request))(scope, receive, send)

    @abstractmethod
    def _admits(self, scope: Scope, token: str) -> bool:
        """Say whether a token lets in, and leave in the scope who has it."""

    @abstractmethod
    async def _grant(self, form: Mapping[str, str]) -> str | None:
        """Return a token for whoever filled in the form, None where it is wrong.

        Raises:
            BadRequest: with a sentence, where nobody can be let in at the moment.

        """

    @abstractmethod
    def _revoke(self, token: str) -> None:
        """Let a token hold no more."""

    def _guessed(self, address: str, form: Mapping[str, str]) -> Mapping[Hashable, int]:
        """Return what wrong guesses are counted by, each with how many are let pass."""
        return {("address", address): GUESSES}

    async def _ask(self, request: Request) -> Response:
        if request.url.path == LOGIN:
            return await self._login(request) if request.method == "POST" else FileResponse(self.page)
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"{LOGIN}?{urlencode({'next': path})}", status_code=303)
        return JSONResponse({"error": "Log in first."}, status_code=401)

    async def _login(self, request: Request) -> Response:
        form = await _form(request)
        guessed = self._guessed(_whereabouts(request.client.host if request.client else ""), form)
        async with self._looks:  # together with the count, or many guesses at once would all be let pass
            if any(len(self._recent(each)) >= most for each, most in guessed.items()):
                return PlainTextResponse("Too many wrong passwords; wait a minute.", status_code=429)
            try:
                token = await self._grant(form)
            except BadRequest as problem:
                return PlainTextResponse(str(problem), status_code=503)
            for each in guessed if token is None else ():
                self._recent(each).append(self._clock())
        if token is None:
            again = {"next": request.query_params.get("next", "/"), "wrong": "1"}
            return RedirectResponse(f"{LOGIN}?{urlencode(again)}", status_code=303)
        return _welcome(request, token)

    def _leave(self, token: str) -> ASGIApp:
        self._revoke(token)
        response = RedirectResponse(LOGIN, status_code=303)
        response.delete_cookie(COOKIE)
        return response

    def _token(self, scope: Scope) -> str | None:
        return HTTPConnection(scope).cookies.get(COOKIE)

    def _recent(self, guessed: Hashable) -> deque[float]:
        if guessed not in self._wrong and len(self._wrong) >= WATCHED:
            self._wrong.pop(next(iter(self._wrong)))
        wrong = self._wrong.setdefault(guessed, deque())
        while wrong and wrong[0] <= self._clock() - WINDOW:
            wrong.popleft()
        return wrong


def _whereabouts(address: str) -> str:
    """Return what guesses from an address are counted by: of IPv6 its /64, which one visitor has as a whole."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped) if found.ipv4_mapped else f"{int(found) >> 64:x}::/64"
    return address


def _welcome(request: Request, token: str) -> Response:
    response = RedirectResponse(_local(request.query_params.get("next", "/")), status_code=303)
    response.set_cookie(
        COOKIE, token, max_age=DAYS * 86_400, httponly=True, samesite="lax", secure=request.url.scheme == "https"
    )
    return response


def _local(path: str) -> str:
    """Return a path of this server: a redirect must not lead anywhere else."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


async def _form(request: Request) -> Mapping[str, str]:
    """Return the first value of each field; nothing of a form that is too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return {}
    return {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
