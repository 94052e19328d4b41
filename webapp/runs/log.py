"""The event log of a run: numbered, in memory, followed by any number of viewers."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

from webapp.events import Batch, RunEvent, Tokens

PACE = 0.04  # seconds between two messages to one viewer: what happened in between travels together
MESSAGE_TOKENS = 512  # tokens a message carries at most, so that neither side works long on one


class RunLog:
    """Numbered events of one run under one epoch; events are only ever added at the end.

    It belongs to the event loop: nothing in it may be called from another thread.
    """

    def __init__(self, run: str, events: Iterable[RunEvent] = (), *, closed: bool = False) -> None:
        self.run = run
        self.epoch = uuid.uuid4().hex
        self._events: list[RunEvent] = list(events)
        self._closed = closed
        self._wake = asyncio.Event()

    @property
    def closed(self) -> bool:
        """Whether no event will follow."""
        return self._closed

    @property
    def events(self) -> Sequence[RunEvent]:
        """What happened so far; event i is number i + 1."""
        return self._events

    def append(self, *events: RunEvent) -> None:
        """Add events and wake whoever follows."""
        self._events.extend(events)
        self._notify()

    def close(self) -> None:
        """Say that no event will follow; followers end after the last one."""
        self._closed = True
        self._notify()

    async def follow(self, after: int = 0, epoch: str | None = None, *, pace: float = PACE) -> AsyncIterator[Batch]:
        """Yield what comes after event number `after` until the log closes.

        A caller that knows another epoch, or a number that this log never had, gets everything from the start.
        """
        sent = after if epoch in (None, self.epoch) and 0 <= after <= len(self._events) else 0
        while True:
            wake = self._wake
            for batch in self.since(sent):
                sent += len(batch.events)
                yield batch
            if self._closed:
                return
            await wake.wait()
            if not self._closed:
                await asyncio.sleep(pace)

    def since(self, after: int) -> Iterator[Batch]:
        """Yield what there is after event number `after`, in messages of bounded size."""
        while after < len(self._events):
            batch = self._batch(after)
            after += len(batch.events)
            yield batch

    def _batch(self, start: int) -> Batch:
        stop, tokens = start, 0
        while stop < len(self._events) and tokens < MESSAGE_TOKENS:
            event = self._events[stop]
            tokens += len(event.ids) if isinstance(event, Tokens) else 1
            stop += 1
        return Batch.model_construct(run=self.run, epoch=self.epoch, seq=start + 1, events=self._events[start:stop])

    def _notify(self) -> None:
        wake, self._wake = self._wake, asyncio.Event()
        wake.set()
