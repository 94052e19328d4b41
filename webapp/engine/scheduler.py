"""Who gets the next free slot: interactive before background, and the one who has least before the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from webapp.engine.request import PromptIds, Request, Row


class Scheduler:
    """The waiting rows, in the order of their arrival; no tensors here."""

    def __init__(self, slots: int, fits: Callable[[Sequence[Row], Row], bool] = lambda members, row: True) -> None:
        self.most = self.slots = slots
        self.fits = fits
        self.waiting: list[Row] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Let rows wait for a slot."""
        self.waiting.extend(rows)

    def put_back(self, rows: Iterable[Row]) -> None:
        """Let rows that had a slot wait for another, before those that never had one."""
        self.waiting[:0] = rows

    def halve(self, running: int) -> None:
        """Allow half of the rows that were too many, until `restore`."""
        self.slots = max(running // 2, 1)

    def restore(self) -> None:
        """Allow as many rows as at first."""
        self.slots = self.most

    def drop(self, request: Request) -> list[Row]:
        """Forget the waiting rows of a request and return them."""
        gone = [row for row in self.waiting if row.request is request]
        self.waiting = [row for row in self.waiting if row.request is not request]
        return gone

    def expects(self, prompt: PromptIds) -> bool:
        """Return whether a sample of this prompt waits."""
        return any(row.prompt is prompt for row in self.waiting)

    @property
    def interactive(self) -> bool:
        """Whether a person waits for a row."""
        return any(not row.background for row in self.waiting)

    def next(self, running: Sequence[Row]) -> Row | None:
        """Take the row that should have a free slot now, or None.

        Background work never holds more than half of the slots, so that an interactive request always finds
        one at the next step. Among equals, the person with the fewest running rows goes first. Who has no room in
        memory yet waits for it, and nobody overtakes.
        """
        first = self._first(running)
        if first is None or not self.fits(running, first):
            return None
        self.waiting.remove(first)
        return first

    def lacks_memory(self, running: Sequence[Row]) -> bool:
        """Return whether a slot is free for the row that is next, but no memory."""
        first = self._first(running)
        return first is not None and not self.fits(running, first)

    def _first(self, running: Sequence[Row]) -> Row | None:
        """Return the row that is next, or None where no slot is free for any."""
        if len(running) >= self.slots:
            return None
        background = sum(row.background for row in running)
        held = Counter(row.request.caller.person for row in running)
        open_to_background = background < max(self.slots // 2, 1)
        ready = [row for row in self.waiting if open_to_background or not row.background]
        return min(ready, key=lambda row: (row.background, held[row.request.caller.person]), default=None)

    def in_the_way(self, running: Sequence[Row], reading: Row | None) -> Row | None:
        """Return the row that must give its place to a waiting person, or None.

        That is a background row whose prompt is being read, since prompts are read one at a time; when there is no
        free slot, or no memory for one, the newest background row for a request that has none yet; and then the
        newest row of whoever holds at least two more than somebody who waits, so that people share evenly.
        """
        if not self.interactive:
            return None
        if reading is not None and reading.background:
            return reading
        members = [*running, reading] if reading is not None else running
        if len(running) < self.slots and not self.lacks_memory(members):
            return None
        served = {row.request for row in members}
        background = [row for row in running if row.background]
        if background and any(not row.background and row.request not in served for row in self.waiting):
            return _newest(background)
        return self._of_the_richest(members)

    def _of_the_richest(self, running: Sequence[Row]) -> Row | None:
        """Return the newest row of the person with the most rows, if somebody waits who has two fewer."""
        held = Counter(row.request.caller.person for row in running if not row.background)
        waits = [held[row.request.caller.person] for row in self.waiting if not row.background]
        [(richest, most)] = held.most_common(1) or [("", 0)]
        if not waits or most - min(waits) < 2:
            return None
        return _newest([r for r in running if not r.background and r.request.caller.person == richest])

    def positions(self, running: Sequence[Row] = ()) -> dict[Request, int]:
        """Return, for each request of which a row waits, how many such requests go before it.

        They take turns person by person: what somebody already has running counts against the next request.
        """
        has = Counter(request.caller.person for request in {row.request for row in running})
        place: dict[Request, tuple[bool, int]] = {}
        for row in self.waiting:
            if row.request not in place:
                person = row.request.caller.person
                place[row.request] = row.background, has[person]
                has[person] += 1
        return {request: i for i, request in enumerate(sorted(place, key=place.__getitem__))}


def _newest(rows: Iterable[Row]) -> Row:
    return max(rows, key=lambda row: row.admitted)
