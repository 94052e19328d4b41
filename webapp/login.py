"""The gate of a server that several people use: everybody logs in by name."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Hashable, Mapping
from functools import cache
from pathlib import Path

from starlette.types import ASGIApp, Scope

from storage.records import Person
from webapp.auth import PERSON
from webapp.auth.hashes import hashed, matches
from webapp.auth.people import Member, People, PeopleError, read_people
from webapp.auth.tickets import Tickets
from webapp.gate import GUESSES, PAGES, Gate

FROM_ONE_ADDRESS = 100  # wrong guesses a minute: a whole class may sit behind one

_log = logging.getLogger("second_thoughts.people")


class LoginGate(Gate):
    """Lets those in who are in the file of people, and tells the program who each is.

    The file is read again when it has changed, so that whoever is taken out of it is out. `welcome` is told whoever
    logs in, before that person's first page.
    """

    page = PAGES / "people.html"

    def __init__(
        self,
        app: ASGIApp,
        file: Path,
        welcome: Callable[[Person], Awaitable[None]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(app, clock)
        self._file = file
        self._welcome = welcome
        self._tickets = Tickets(clock)
        self._read: tuple[object, People] = (None, People())

    def _admits(self, scope: Scope, token: str) -> bool:
        member = self._tickets.bearer(self._people(), token)
        if member is not None:
            scope[PERSON] = member.person
        return member is not None

    async def _grant(self, form: Mapping[str, str]) -> str | None:
        people = self._people()
        member = people.named(form.get("name", ""))
        if not await self._knows(member, form.get("password", "")) or member is None:
            return None
        await self._welcome(member.person)
        return self._tickets.issue(people, member)

    def _revoke(self, token: str) -> None:
        self._tickets.hand_back(token)

    def _guessed(self, address: str, form: Mapping[str, str]) -> Mapping[Hashable, int]:
        name = " ".join(form.get("name", "").split()).casefold()
        return {("address", address): FROM_ONE_ADDRESS, ("name", name): GUESSES}

    async def _knows(self, member: Member | None, password: str) -> bool:
        """Say whether the password is right; for nobody it takes as long, or a clock would tell who may log in."""
        return await asyncio.to_thread(_matches, password, member)

    def _people(self) -> People:
        """Return who may log in now; nobody while the file cannot be read."""
        stamp = _stamp(self._file)
        if stamp != self._read[0]:
            try:
                self._read = stamp, read_people(self._file)
            except PeopleError as error:
                _log.error("Nobody can log in: %s", error)
                self._read = stamp, People()
        return self._read[1]


def _matches(password: str, member: Member | None) -> bool:
    return matches(password, _nobody() if member is None else member.password)


@cache
def _nobody() -> str:
    return hashed("")


def _stamp(file: Path) -> object:
    """Return what changes when a file is replaced or written."""
    try:
        found = file.stat()
    except OSError as error:
        return error.errno
    return found.st_mtime_ns, found.st_size, found.st_ino
