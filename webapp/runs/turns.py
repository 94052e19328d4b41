"""Who runs now and who waits: a fixed number of runs at once, first come, first served."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class _Ticket:
    moved: Callable[[int], None]
    called: asyncio.Event = field(default_factory=asyncio.Event)


class Turns:
    """A line for `places` runs at once."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._line: list[_Ticket] = []

    @asynccontextmanager
    async def turn(self, moved: Callable[[int], None]) -> AsyncIterator[None]:
        """Hold a place; while waiting, `moved` is told how many are before it, each time that changes."""
        await self._enter(moved)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, moved: Callable[[int], None]) -> None:
        if self._free and not self._line:
            self._free -= 1
            return
        ticket = _Ticket(moved)
        self._line.append(ticket)
        moved(len(self._line) - 1)
        try:
            await ticket.called.wait()
        except asyncio.CancelledError:
            if ticket.called.is_set():  # the place was given in the same moment: pass it on
                self._leave()
            else:
                self._line.remove(ticket)
                self._tell()
            raise

    def _leave(self) -> None:
        if self._line:
            self._line.pop(0).called.set()
            self._tell()
        else:
            self._free += 1

    def _tell(self) -> None:
        for position, ticket in enumerate(self._line):
            ticket.moved(position)
