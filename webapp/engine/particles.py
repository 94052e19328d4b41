"""One text of a walk while it is drawn: its tokens, what ends it, and what is told of it."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from storage.records import FinishReason, Origin
from webapp.engine.columns import Columns
from webapp.engine.protocol import Generated, SteerEvent, TokenBatch
from webapp.engine.stops import StopWatch

Emit: TypeAlias = Callable[[SteerEvent], None]
SEND_EVERY = 0.05  # seconds between two token batches of one text


@dataclass(eq=False, slots=True)
class Particle:
    """A text in a place of the walk; the place keys its noise, `life` is the number of the text.

    `ids` are all its tokens, those it was copied with included; `columns` hold those that it drew itself.
    """

    index: int
    life: int
    columns: Columns
    stop: StopWatch
    ids: list[int] = field(default_factory=list)
    parent: int | None = None
    ended: FinishReason | None = None
    _origins: list[Origin] = field(default_factory=list)
    _before: int = 0  # bytes of text that it was copied with
    _begun: float = field(default_factory=time.monotonic)
    _sent: float = 0.0

    def add(self, numbers: Mapping[str, Any], origin: Origin) -> FinishReason | None:
        """Add a token with its numbers, by the names of a trace's columns; return why the text ends there, if so."""
        token = int(numbers["ids"])
        self.columns.append({**numbers, "seconds": time.monotonic() - self._begun})
        self.ids.append(token)
        self._origins.append(origin)
        return self.stop.see(token, self.columns.pieces.text_bytes(token))

    def copied(self, index: int, life: int) -> Particle:
        """Return a text that goes on from here in another place."""
        columns = Columns(self.columns.pieces, self.columns.vocab_size, self.columns.grid)
        stop = copy.copy(self.stop)
        return Particle(index, life, columns, stop, list(self.ids), self.life, _before=len(stop.text))

    def tell(self, emit: Emit, *, now: bool = False) -> None:
        """Send on the new tokens, if the last were not sent just before or they must go now."""
        due = now or time.monotonic() - self._sent >= SEND_EVERY
        if not due or self.columns.taken == len(self.columns):
            return
        self._sent = time.monotonic()
        start, trace = self.columns.take()
        origins = tuple(self._origins[start:])
        emit(TokenBatch(0, self.life, start, trace, () if set(origins) <= {"model"} else origins))

    def finish(self, reason: FinishReason, emit: Emit, prompt_tokens: int) -> None:
        """Send on what is left, and that the text has ended."""
        self.ended = reason
        self.tell(emit, now=True)
        trace, seconds = self.columns.trace(), time.monotonic() - self._begun
        text, replaced = self.stop.spelled(trace, self._before)
        emit(Generated(0, self.life, text, replaced, trace, reason, prompt_tokens, seconds))
