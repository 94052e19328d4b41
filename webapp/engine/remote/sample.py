"""One text that a server writes: its tokens so far, and when it ends."""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from storage.records import FinishReason
from storage.trace import TokenTrace
from webapp.engine.protocol import Generated, Sampling, TokenBatch
from webapp.engine.remote.facts import Facts
from webapp.engine.remote.rows import Seen, trace_of
from webapp.engine.remote.vocabulary import Vocabulary
from webapp.engine.remote.wire import Part, stops
from webapp.engine.stops import StopWatch

Told: TypeAlias = Callable[[TokenBatch | Generated], None]


@dataclass(slots=True)
class Tracing:
    """Makes the traces of one call's texts."""

    facts: Facts
    vocabulary: Vocabulary
    sampling: Sampling

    def of(self, rows: Sequence[Seen]) -> TokenTrace:
        """Return the trace of some tokens."""
        alternatives = min(self.sampling.alternatives, self.facts.top)
        known = self.facts.logprobs
        return trace_of(rows, self.vocabulary, alternatives=alternatives, known=known, sampling=self.sampling)

    def scored(self, rows: Sequence[Seen]) -> TokenTrace:
        """Return the trace of tokens that nobody drew."""
        return replace(self.of(rows), sampled_logprob=None)


@dataclass(slots=True, eq=False)
class Sample:
    """Takes what arrives for one text and tells it on; nothing is told twice, and nothing after the end."""

    prompt: int
    number: int
    tracing: Tracing
    tell: Told
    rows: list[Seen] = field(default_factory=list)
    done: bool = False
    prompt_tokens: int = 0
    _held: list[Seen] = field(init=False, default_factory=list)
    _watch: StopWatch = field(init=False)
    _began: float = field(init=False, default_factory=time.monotonic)

    def __post_init__(self) -> None:
        sampling = self.tracing.sampling
        self._watch = StopWatch(frozenset(), stops(sampling, self.tracing.facts), sampling.max_tokens)

    @property
    def left(self) -> int:
        """How many tokens it may still have."""
        return self.tracing.sampling.max_tokens - len(self.rows)

    def again(self) -> None:
        """Forget what was held back: the text is asked for from its last whole character on."""
        self._held.clear()

    def take(self, part: Part) -> None:
        """Add what arrived; end the text where a stop string came, the server says so or it is long enough."""
        if self.done:
            return
        fresh: list[Seen] = []
        reason: FinishReason | None = None
        for row in self._whole(part):
            fresh.append(row)
            reason = self._watch.see(row.id, self.tracing.vocabulary.text_bytes(row.id))
            if reason is not None:
                break
        if part.end is not None and reason != "stop":
            reason = part.end
        if reason == "eos" and fresh and self.tracing.facts.speech == "ids":
            self.tracing.vocabulary.special.add(fresh[-1].id)  # no other token ends a text
        self._add(fresh)
        if reason is not None:
            self._finish(reason)

    def _whole(self, part: Part) -> Sequence[Seen]:
        """Return the rows that may be told on.

        A server that goes on with text alone can be asked to go on after a whole character only, so what begins one
        is held back until it is whole.
        """
        if self.tracing.facts.speech == "ids":
            return part.rows
        rows = [*self._held, *part.rows]
        whole = len(rows) if part.end else _characters([self.tracing.vocabulary.text_bytes(row.id) for row in rows])
        self._held = rows[whole:]
        return rows[:whole]

    def _add(self, rows: Sequence[Seen]) -> None:
        if rows:
            self.rows.extend(rows)
            start = len(self.rows) - len(rows)
            self.tell(TokenBatch(self.prompt, self.number, start, self.tracing.of(rows)))

    def _finish(self, reason: FinishReason) -> None:
        self.done = True
        trace = self.tracing.of(self.rows)
        text, replaced = self._watch.spelled(trace)
        seconds = time.monotonic() - self._began
        self.tell(Generated(self.prompt, self.number, text, replaced, trace, reason, self.prompt_tokens, seconds))


def _characters(pieces: Sequence[bytes]) -> int:
    """Return how many pieces, from the first on, end with the end of a character."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    whole = 0
    for i, piece in enumerate(pieces):
        decoder.decode(piece)
        if not decoder.getstate()[0]:
            whole = i + 1
    return whole
