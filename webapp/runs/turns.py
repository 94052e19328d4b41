"""Who runs now and who waits: a fixed number of runs at once, shared evenly among the people who want some."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

Moved: TypeAlias = Callable[[int, int], None]


@dataclass(eq=False, slots=True)
class _Ticket:
    person: str
    moved: Moved
    called: asyncio.Event = field(default_factory=asyncio.Event)


class Turns:
    """A line for `places` runs at once.

    A place that becomes free goes to the one of those who wait who holds the fewest, among equals to the one whose
    last turn was longest ago: whoever asks for many runs at once delays nobody by more than one.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._held: Counter[str] = Counter()
        self._called: dict[str, int] = {}  # when each person's last turn began, in turns
        self._turn = 0
        self._line: list[_Ticket] = []  # in the order of arrival

    @asynccontextmanager
    async def turn(self, person: str, moved: Moved) -> AsyncIterator[None]:
        """Hold a place.

        While waiting, `moved` is told how many go before it and how many people share the places, each time that
        changes.
        """
        await self._enter(person, moved)
        try:
            yield
        finally:
            self._leave(person)

    async def _enter(self, person: str, moved: Moved) -> None:
        if self._free and not self._line:
            self._free -= 1
            self._give(person)
            return
        ticket = _Ticket(person, moved)
        self._line.append(ticket)
        self._tell()
        try:
            await ticket.called.wait()
        except asyncio.CancelledError:
            if ticket.called.is_set():  # the place was given in the same moment: pass it on
                self._leave(person)
            else:
                self._line.remove(ticket)
                self._tell()
            raise

    def _leave(self, person: str) -> None:
        self._held[person] -= 1
        if self._line:
            first = self._order()[0]
            self._line.remove(first)
            self._give(first.person)
            first.called.set()
            self._tell()
        else:
            self._free += 1

    def _give(self, person: str) -> None:
        self._turn += 1
        self._held[person] += 1
        self._called[person] = self._turn

    def _order(self) -> list[_Ticket]:
        """Return those who wait in the order in which they would be called if nobody else came."""
        would_hold = self._held.copy()
        place: dict[_Ticket, tuple[int, int]] = {}
        for ticket in self._line:
            place[ticket] = would_hold[ticket.person], self._called.get(ticket.person, 0)
            would_hold[ticket.person] += 1
        return sorted(self._line, key=place.__getitem__)

    def _tell(self) -> None:
        people = {person for person, count in self._held.items() if count} | {each.person for each in self._line}
        for position, ticket in enumerate(self._order()):
            ticket.moved(position, len(people))
