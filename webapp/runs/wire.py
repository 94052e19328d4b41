"""Token traces as events: numpy columns become the JSON columns that a page draws."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from storage.records import Origin
from storage.trace import TokenTrace, concatenate
from webapp.events import Tokens

Column: TypeAlias = list[float | None]
DECIMALS = 5  # of what a page draws; the stored trace keeps float32


class TokenWire:
    """Turns the growing trace of one generation into events, never splitting a character between two of them.

    Rows that end inside a UTF-8 character wait for the row that completes it, so that a page that follows live
    gets the same token texts as one that reads the stored trace.
    """

    def __init__(self, generation: str) -> None:
        self.generation = generation
        self._sent = 0
        self._held: TokenTrace | None = None
        self._held_origins: list[Origin] = []

    def push(
        self, rows: TokenTrace, origin: Origin | Sequence[Origin] = "model", *, final: bool = False
    ) -> list[Tokens]:
        """Add rows and return the events that can be sent; `final` sends the rest whatever its bytes are."""
        origins = [*self._held_origins, *([origin] * len(rows) if isinstance(origin, str) else origin)]
        rows = rows if self._held is None else concatenate([self._held, rows])
        texts, complete = _texts(rows)
        ready = len(rows) if final else complete
        self._held = rows.slice(ready) if ready < len(rows) else None
        self._held_origins = origins[ready:]
        return list(self._events(rows, texts, origins, ready))

    def flush(self) -> list[Tokens]:
        """Send what still waits for the rest of a character."""
        return [] if self._held is None else self.push(self._held.slice(0, 0), final=True)

    def _events(self, rows: TokenTrace, texts: list[str], origins: list[Origin], ready: int) -> Iterator[Tokens]:
        start = 0
        for origin, group in groupby(origins[:ready]):
            stop = start + len(list(group))
            yield tokens_event(self.generation, self._sent, rows.slice(start, stop), texts[start:stop], origin)
            self._sent += stop - start
            start = stop


def tokens_event(generation: str, start: int, rows: TokenTrace, texts: list[str], origin: Origin = "model") -> Tokens:
    """Return the event of some rows whose texts are known; `start` is the index of the first."""
    # What is built here has the right types already: validating 40,000 alternatives would cost more than building.
    return Tokens.model_construct(
        type="tokens",
        generation=generation,
        start=start,
        ids=rows.ids.tolist(),
        text=texts,
        special=[i for i, token in enumerate(rows.ids.tolist()) if token in rows.special],
        entropy=column(rows.entropy),
        logprob=column(rows.logprob),
        sampled_logprob=column(rows.sampled_logprob),
        self_certainty=column(rows.self_certainty),
        candidates=None if rows.candidates is None else rows.candidates.tolist(),
        alternatives=_alternatives(rows),
        seconds=column(rows.seconds),
        origin=None if origin == "model" else origin,
        entropy_is_lower_bound=rows.entropy_is_lower_bound,
    )


def column(values: NDArray[np.float32] | None) -> Column | None:
    """Return a column as JSON numbers; NaN and infinities are None."""
    if values is None:
        return None
    numbers: Column = values.astype(np.float64).round(DECIMALS).tolist()
    for index in np.flatnonzero(~np.isfinite(values)).tolist():
        numbers[index] = None
    return numbers


def _texts(rows: TokenTrace) -> tuple[list[str], int]:
    """Return what each row shows, and how many rows end on a character boundary."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    texts: list[str] = []
    complete, last = 0, len(rows) - 1
    for i, token in enumerate(rows.ids.tolist()):
        if token not in rows.special:
            texts.append(decoder.decode(rows.pieces[token]).replace("\0", "\ufffd"))
        else:
            texts.append(readable(rows.pieces[token]))
        if not decoder.getstate()[0]:
            complete = i + 1
    if last >= 0 and complete <= last:
        texts[last] += decoder.decode(b"", final=True)
    return texts, complete


def _alternatives(rows: TokenTrace) -> list[list[tuple[int, str, float]]] | None:
    if rows.top_ids is None or rows.top_logprobs is None:
        return None
    known = np.isfinite(rows.top_logprobs)
    numbers = rows.top_logprobs.astype(np.float64).round(DECIMALS).tolist()
    names = {token: readable(rows.pieces[token]) for token in np.unique(rows.top_ids[known]).tolist()}
    return [
        [(token, names[token], value) for token, value, ok in zip(ids, values, flags, strict=True) if ok]
        for ids, values, flags in zip(rows.top_ids.tolist(), numbers, known.tolist(), strict=True)
    ]


def readable(piece: bytes) -> str:
    """Return the bytes of a token as text that can be shown."""
    return piece.decode("utf-8", errors="replace").replace("\0", "\ufffd")
