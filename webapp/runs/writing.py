"""A generation while it is being written: its rows so far, its events, and what to store of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from storage.records import Cost, FinishReason, Generation, Origin
from storage.trace import TokenTrace, concatenate, summarise
from webapp.engine.protocol import Generated
from webapp.events import Tokens
from webapp.runs.spans import spans_of
from webapp.runs.wire import TokenWire


class Writing:
    """One unfinished generation of a run.

    What it starts with (the rows of an assistant message to continue) is part of its trace and text, but not of
    its cost. Times are seconds since the run started. `reserved` is how many tokens the budget holds for it;
    `changed` that it has rows which were not stored; `done` that its last row has come.
    """

    def __init__(self, generation: Generation, reserved: int, calls: int = 1) -> None:
        self.generation = generation
        self.reserved = reserved
        self.calls = calls
        self.changed = True
        self.done = False
        self._wire = TokenWire(generation.id)
        self._given: list[TokenTrace] = []
        self._drawn: list[TokenTrace] = []
        self._origins: list[Origin] = []  # of all rows, or of the first where the others are the model's
        self._inserted = 0

    def give(self, rows: TokenTrace, origins: Sequence[Origin]) -> list[Tokens]:
        """Start with rows that were not drawn here."""
        self._given.append(rows)
        self._origins.extend(origins)
        self.changed = True
        return self._wire.push(rows, origins)

    def add(self, rows: TokenTrace, now: float, origins: Sequence[Origin] = ()) -> list[Tokens]:
        """Add rows that the model just drew, and return what a viewer can be shown.

        With `origins` some of them may have been put in by a policy; these cost nothing.
        """
        rows = replace(rows, seconds=np.full(len(rows), now, dtype=np.float32))
        if origins:
            self._origins = [*self._origins_of(self._rows), *origins]
            self._inserted += list(origins).count("injected")
        self._drawn.append(rows)
        self.changed = True
        return self._wire.push(rows, origins or "model")

    def first(self, count: int) -> tuple[TokenTrace, list[Origin]]:
        """Return the first rows and their origins, for a text that begins with them."""
        trace = concatenate([*self._given, *self._drawn])
        return trace.slice(0, count), self._origins_of(count)

    def flush(self) -> list[Tokens]:
        """Return what was held back because its last character is incomplete."""
        return self._wire.flush()

    @property
    def drawn(self) -> int:
        """How many tokens came so far, beside those that it started with."""
        return sum(len(rows) for rows in self._drawn)

    def trace(self) -> TokenTrace | None:
        """Return all rows so far, None when there is none."""
        parts = [*self._given, *self._drawn]
        return concatenate(parts) if parts else None

    def partial(self, now: float, reason: FinishReason | None = None) -> tuple[Generation, TokenTrace | None]:
        """Return what is there so far, as it is stored while the text is unfinished."""
        trace = self.trace()
        text, replaced = trace.text() if trace is not None else ("", False)
        seconds = now - self.generation.started
        cost = Cost(self.drawn - self._inserted, self.generation.cost.prompt_tokens, self.calls, seconds)
        return self._filled(trace, text, replaced, cost, finish_reason=reason), trace

    def finished(self, result: Generated, *, prompt_tokens: int, seconds: float) -> tuple[Generation, TokenTrace]:
        """Return the finished generation and its trace; `prompt_tokens` is what it is charged for its prompt."""
        drawn = replace(result.trace, seconds=self._seconds(len(result.trace)))
        trace = concatenate([*self._given, drawn])
        text, replaced = result.text, result.replaced
        if self._given:  # a character may begin in the given rows and end in the drawn ones
            text, replaced = trace.text()
            text = text[: len(text) - (len(drawn.text()[0]) - len(result.text))]
        cost = Cost(len(drawn) - self._inserted, prompt_tokens, self.calls, seconds)
        done = self._filled(trace, text, replaced, cost, finish_reason=result.finish_reason)
        return done.with_(status="finished"), trace

    def _filled(
        self, trace: TokenTrace | None, text: str, replaced: bool, cost: Cost, *, finish_reason: FinishReason | None
    ) -> Generation:
        return self.generation.with_(
            text=text,
            replaced=replaced,
            spans=() if trace is None else spans_of(trace, self._origins, len(text.encode())),
            cost=cost,
            finish_reason=finish_reason,
            summary=None if trace is None else summarise(trace),
        )

    @property
    def _rows(self) -> int:
        return sum(len(rows) for rows in self._given) + self.drawn

    def _origins_of(self, count: int) -> list[Origin]:
        unsaid: list[Origin] = ["model"] * max(count - len(self._origins), 0)
        return [*self._origins[:count], *unsaid]

    def _seconds(self, rows: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        known = [part.seconds for part in self._drawn if part.seconds is not None]
        seconds = np.full(rows, np.nan, dtype=np.float32)
        arrived = np.concatenate(known)[:rows] if known else seconds[:0]
        seconds[: len(arrived)] = arrived
        return seconds
