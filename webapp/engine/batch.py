"""The running batch: prompts are read into slots, every step draws one token for each row."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from storage.records import FinishReason
from webapp.engine.device import ran_out_of_memory
from webapp.engine.graphs import Graphs
from webapp.engine.noise import uniform
from webapp.engine.protocol import EngineError, Sampling
from webapp.engine.reader import Reader
from webapp.engine.request import Row
from webapp.engine.sequences import Kept
from webapp.engine.step import Step, on_host, step

NOT_FINITE = "The model's output is not a number; its number format is too narrow, so start with --dtype float32."


class Batch:
    """Rows in slots 0 to B - 1; a row joins when its prompt was read and leaves when its text ends."""

    def __init__(self, forward: Reader, graphs: Graphs | None = None) -> None:
        self.forward = forward
        self.graphs = graphs
        self.rows: list[Row] = []
        self.reading: Row | None = None

    @property
    def members(self) -> list[Row]:
        """All rows that hold a slot."""
        return self.rows + ([self.reading] if self.reading else [])

    def admit(self, row: Row) -> None:
        """Give a row the next slot, with what is already known of its text; nothing may be being read."""
        row.slot = len(self.rows)
        row.admitted = row.admitted or time.monotonic()
        self.reading = row  # before anything can fail, so that a failure finds it among the members
        row.read = self._recall(row, row.slot)
        if row.read == len(row.to_read):
            self._join(row)

    def read(self, tokens: int) -> bool:
        """Read at most that many tokens of the prompt that is being read; return whether that was its end."""
        row = self.reading
        if row is None or row.slot is None:
            return False
        to_read = row.to_read
        chunk = to_read[row.read : row.read + tokens]
        logits = self.forward.chunk(row.slot, chunk, row.read)
        row.read += len(chunk)
        if row.read < len(to_read):
            return False
        if not len(row.columns):
            row.prompt.logits = logits
            self.remember(row, row.prompt.ids)
        self._join(row)
        return True

    def step(self) -> list[tuple[Row, FinishReason | None]]:
        """Draw one token for every row; return each with the reason it ended, or None."""
        running = [row for row in self.rows if len(row.columns)]
        fresh = [row for row in self.rows if not len(row.columns)]
        told = self._told(running, self._decoded) + self._told(fresh, self._after_prompts)
        if not all(math.isfinite(numbers["logsumexp"]) for _, numbers in told):
            raise EngineError(NOT_FINITE)
        return [(row, _append(row, numbers)) for row, numbers in told]

    def remove(self, row: Row, *, keep_prompt: bool = False) -> None:
        """Free a row's slot; the last row moves into it. What was read of its prompt can be kept for others."""
        if row is self.reading:
            self.reading = None
            return
        last = self.rows[-1]
        self.rows.remove(row)
        if keep_prompt and not any(other.prompt is row.prompt for other in self.rows):
            row.prompt.kept = self._take(row, len(row.prompt.ids))
        if last is not row and last.slot is not None and row.slot is not None:
            self.forward.cache.copy(last.slot, row.slot, last.length)
            last.slot = row.slot
            self.rows.sort(key=lambda r: r.slot or 0)
        if self.reading is not None and self.reading.slot is not None and self.reading.slot > len(self.rows):
            self.forward.cache.copy(self.reading.slot, len(self.rows), self.reading.read)
            self.reading.slot = len(self.rows)

    def set_aside(self, row: Row, *, keep: bool = True) -> None:
        """Free a row's slot for another; it takes along what it has read, or reads it again, and goes on."""
        kept = self._take(row, row.read if row is self.reading else row.length) if keep else None
        self.remove(row)
        row.restart(kept)

    def clear(self) -> list[Row]:
        """Forget every row and return them; touches no tensor, so it works after any failure."""
        rows, self.rows, self.reading = self.members, [], None
        return rows

    def _join(self, row: Row) -> None:
        self.reading = None
        self.rows.append(row)

    def _recall(self, row: Row, slot: int) -> int:
        """Fill a slot with what the row took along or others have read of its prompt; return how many tokens."""
        kept, row.kept = row.kept or row.prompt.kept, None
        sharer = next((other for other in self.rows if other.prompt is row.prompt), None)
        if kept is not None:
            self.forward.cache.put(kept, slot, kept.length)
            return kept.length
        if sharer is not None and sharer.slot is not None:
            self.forward.cache.copy(sharer.slot, slot, len(row.prompt.ids))
            return len(row.prompt.ids)
        # the last token is always read, since what follows it is not remembered
        return self.forward.prefixes.recall(self.forward.cache, slot, row.to_read, len(row.to_read) - 1)

    def remember(self, row: Row, ids: Sequence[int]) -> None:
        """Keep what a row has read, for texts that begin alike; without memory for that they are read again."""
        if row.slot is None:
            return
        try:
            self.forward.prefixes.keep(self.forward.cache, row.slot, ids)
        except (RuntimeError, MemoryError) as error:
            if not ran_out_of_memory(error):
                raise
            self.forward.prefixes.clear()

    def _take(self, row: Row, length: int) -> Kept | None:
        """Copy what a row has read; without memory for that it is read again later."""
        if row.slot is None or not length:
            return None
        try:
            kept: Kept = self.forward.cache.take(row.slot, length)
            return kept
        except (RuntimeError, MemoryError) as error:
            if ran_out_of_memory(error):
                return None
            raise

    def _told(self, rows: list[Row], run: Callable[..., Step]) -> list[tuple[Row, dict[str, Any]]]:
        if not rows:
            return []
        settings = [row.request.sampling for row in rows]
        noise = [uniform(row.request.sampling, row.sample, row.noise_index) for row in rows]
        return list(zip(rows, on_host(run(rows, settings, noise), settings), strict=True))

    def _after_prompts(self, rows: list[Row], settings: list[Sampling], noise: list[float]) -> Step:
        logits = [row.prompt.logits for row in rows if row.prompt.logits is not None]
        return step(torch.stack(logits), settings, noise)

    def _decoded(self, rows: list[Row], settings: list[Sampling], noise: list[float]) -> Step:
        """Decode the rows that have a token to read; rows in between are read along unharmed."""
        slots = [row.slot or 0 for row in rows]
        if self.graphs is not None:
            return self._captured(self.graphs, dict(zip(slots, zip(settings, noise, strict=True), strict=True)))
        tokens, lengths = self._inputs(max(slots) + 1)
        return step(self.forward.step(tokens, lengths)[slots], settings, noise)

    def _captured(self, graphs: Graphs, asked: dict[int, tuple[Sampling, float]]) -> Step:
        """Decode by a captured step, which draws for every row; what it draws for those in between is dropped."""
        tokens, lengths = self._inputs(len(self.rows))
        knobs = [asked.get(slot, (Sampling(), 0.0)) for slot in range(len(self.rows))]
        settings, noise = [knob[0] for knob in knobs], [knob[1] for knob in knobs]
        beyond = self.reading.read if self.reading else 0
        return graphs.step(tokens, lengths, settings, noise, beyond).of(list(asked))

    def _inputs(self, width: int) -> tuple[list[int], list[int]]:
        """Return the last token of each of the first rows (any if it has none), and how much stands before it."""
        by_slot = {row.slot: row for row in self.rows}
        rows = [by_slot[slot] for slot in range(width)]
        return [row.columns.last if len(row.columns) else 0 for row in rows], [row.length for row in rows]


def _append(row: Row, numbers: dict[str, Any]) -> FinishReason | None:
    """Add a token to a row; return the reason it ends there, or None."""
    row.columns.append(numbers | {"seconds": time.monotonic() - row.request.submitted})
    token = numbers["ids"]
    return row.stop.see(token, row.columns.pieces.text_bytes(token))
