"""How many texts of one server are drawn at once; the others wait, with their place told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class _Waiting:
    weight: int
    background: bool
    tell: Callable[[int], None]
    turn: asyncio.Event = field(default_factory=asyncio.Event)


class Gate:
    """Lets at most `size` texts through; whoever a person waits for goes before the background, each in order."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._inside = 0
        self._queue: list[_Waiting] = []

    @asynccontextmanager
    async def admitted(self, texts: int, background: bool, tell: Callable[[int], None]) -> AsyncIterator[None]:
        """Wait for room for so many texts and hold it; `tell` gets the number of requests before this one."""
        weight = min(texts, self.size)
        await self._wait(weight, background, tell)
        try:
            yield
        finally:
            self._inside -= weight
            self._advance()

    async def _wait(self, weight: int, background: bool, tell: Callable[[int], None]) -> None:
        waiting = _Waiting(weight, background, tell)
        ahead = sum(1 for other in self._queue if background or not other.background)
        self._queue.insert(ahead, waiting)
        self._advance()
        try:
            await waiting.turn.wait()
        except asyncio.CancelledError:
            if waiting in self._queue:
                self._queue.remove(waiting)
            else:  # let in and cancelled at once
                self._inside -= weight
            self._advance()
            raise

    def _advance(self) -> None:
        while self._queue and self._inside + self._queue[0].weight <= self.size:
            let_in = self._queue.pop(0)
            self._inside += let_in.weight
            let_in.turn.set()
        for position, waiting in enumerate(self._queue):
            waiting.tell(position)
