"""Who gets the next free slot: interactive before background, and the one who has least before the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from webapp.engine.request import Request, Row


class Scheduler:
    """The waiting rows, in the order of their arrival; no tensors here."""

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.waiting: list[Row] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Let rows wait for a slot."""
        self.waiting.extend(rows)

    def drop(self, request: Request) -> list[Row]:
        """Forget the waiting rows of a request and return them."""
        gone = [row for row in self.waiting if row.request is request]
        self.waiting = [row for row in self.waiting if row.request is not request]
        return gone

    def next(self, running: Sequence[Row]) -> Row | None:
        """Take the row that should have a free slot now, or None.

        Background work never holds more than half of the slots, so that an interactive request always finds
        one at the next step. Among equals, the person with the fewest running rows goes first.
        """
        if len(running) >= self.slots:
            return None
        background = sum(row.request.caller.background for row in running)
        held = Counter(row.request.caller.person for row in running)
        open_to_background = background < max(self.slots // 2, 1)
        ready = [row for row in self.waiting if open_to_background or not row.request.caller.background]
        if not ready:
            return None
        first = min(ready, key=lambda row: (row.request.caller.background, held[row.request.caller.person]))
        self.waiting.remove(first)
        return first

    def positions(self) -> dict[Request, int]:
        """Return, for each request with no row running yet, how many requests wait before it."""
        order: dict[Request, None] = {}
        for background in (False, True):
            order.update((row.request, None) for row in self.waiting if row.request.caller.background == background)
        return {request: i for i, request in enumerate(order)}
