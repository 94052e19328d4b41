"""How many texts of one server are drawn at once; the others wait, with their place told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from webapp.engine.protocol import Caller


@dataclass(eq=False, slots=True)
class _Waiting:
    weight: int
    caller: Caller
    tell: Callable[[int], None]
    turn: asyncio.Event = field(default_factory=asyncio.Event)


class Gate:
    """Lets at most `size` texts through.

    Whoever a person waits for goes before the background; then the person who holds the fewest texts, among equals
    the one whose last turn was longest ago. Who is next waits for room, and nobody overtakes.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._inside: Counter[str] = Counter()  # texts that each person holds
        self._called: dict[str, int] = {}  # when each person's last turn began, in turns
        self._turn = 0
        self._queue: list[_Waiting] = []  # in the order of arrival

    @asynccontextmanager
    async def admitted(self, texts: int, caller: Caller, tell: Callable[[int], None]) -> AsyncIterator[None]:
        """Wait for room for so many texts and hold it; `tell` gets the number of requests before this one."""
        waiting = _Waiting(min(texts, self.size), caller, tell)
        await self._wait(waiting)
        try:
            yield
        finally:
            self._leave(waiting)

    async def _wait(self, waiting: _Waiting) -> None:
        self._queue.append(waiting)
        self._advance()
        try:
            await waiting.turn.wait()
        except asyncio.CancelledError:
            if waiting in self._queue:
                self._queue.remove(waiting)
                self._advance()
            else:  # let in and cancelled at once
                self._leave(waiting)
            raise

    def _leave(self, waiting: _Waiting) -> None:
        self._inside[waiting.caller.person] -= waiting.weight
        self._advance()

    def _advance(self) -> None:
        while self._queue:
            first = self._order()[0]
            if self._inside.total() + first.weight > self.size:
                break
            self._let_in(first)
        for position, waiting in enumerate(self._order()):
            waiting.tell(position)

    def _let_in(self, waiting: _Waiting) -> None:
        self._queue.remove(waiting)
        self._turn += 1
        self._inside[waiting.caller.person] += waiting.weight
        self._called[waiting.caller.person] = self._turn
        waiting.turn.set()

    def _order(self) -> list[_Waiting]:
        """Return those who wait in the order in which they would be let in if nobody else came or left."""
        would_hold = self._inside.copy()
        place: dict[_Waiting, tuple[bool, int, int]] = {}
        for waiting in self._queue:
            person = waiting.caller.person
            place[waiting] = waiting.caller.background, would_hold[person], self._called.get(person, 0)
            would_hold[person] += waiting.weight
        return sorted(self._queue, key=place.__getitem__)
