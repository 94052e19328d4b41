"""The gate of a server with one password for everybody."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Scope

from webapp.gate import DAYS, GUESSES, PAGES, UNAUTHORISED, WINDOW, Gate

__all__ = ["DAYS", "GUESSES", "UNAUTHORISED", "WINDOW", "PasswordGate"]


class PasswordGate(Gate):
    """Lets those in who know the password; sessions live in memory and end with the process."""

    page = PAGES / "login.html"

    def __init__(self, app: ASGIApp, password: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(app, clock)
        self._password = _digest(password)
        self._sessions: dict[bytes, float] = {}

    def _admits(self, scope: Scope, token: str) -> bool:
        return self._sessions.get(_digest(token), 0.0) > self._clock()

    async def _grant(self, form: Mapping[str, str]) -> str | None:
        if not hmac.compare_digest(_digest(form.get("password", "")), self._password):
            return None
        token, now = secrets.token_urlsafe(32), self._clock()
        self._sessions = {key: until for key, until in self._sessions.items() if until > now}
        self._sessions[_digest(token)] = now + DAYS * 86_400
        return token

    def _revoke(self, token: str) -> None:
        self._sessions.pop(_digest(token), None)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
