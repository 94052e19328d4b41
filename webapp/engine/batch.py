"""The running batch: prompts are read into slots, every step draws one token for each row."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import torch
from torch import Tensor

from storage.records import FinishReason
from webapp.engine.device import ran_out_of_memory
from webapp.engine.noise import uniform
from webapp.engine.protocol import EngineError
from webapp.engine.reader import Reader
from webapp.engine.request import Row
from webapp.engine.sampling import draw
from webapp.engine.sequences import Kept
from webapp.engine.signals import at_temperature, signals

NOT_FINITE = "The model's output is not a number; its number format is too narrow, so start with --dtype float32."


class Batch:
    """Rows in slots 0 to B - 1; a row joins when its prompt was read and leaves when its text ends."""

    def __init__(self, forward: Reader) -> None:
        self.forward = forward
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
        fresh = [row for row in self.rows if not len(row.columns)]
        running = [row for row in self.rows if len(row.columns)]
        logits = self._logits(running, fresh)
        return self._draw([*running, *fresh], logits) if self.rows else []

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

    def set_aside(self, row: Row) -> None:
        """Free a row's slot for another; it takes along what it has read, and goes on where it was."""
        kept = self._take(row, row.read if row is self.reading else row.length)
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

    def _logits(self, running: Sequence[Row], fresh: Sequence[Row]) -> Tensor:
        parts = [row.prompt.logits[None] for row in fresh if row.prompt.logits is not None]
        if running:
            parts.insert(0, self._decode(running))
        return torch.cat(parts) if parts else torch.empty(0)

    def _decode(self, running: Sequence[Row]) -> Tensor:
        """Return the logits of the rows that have a token to read; rows in between are read along unharmed."""
        by_slot = {row.slot: row for row in self.rows}
        width = max(row.slot or 0 for row in running) + 1
        tokens = [by_slot[s].columns.last if len(by_slot[s].columns) else 0 for s in range(width)]
        lengths = [by_slot[s].length for s in range(width)]
        slots = [row.slot or 0 for row in running]
        return self.forward.step(tokens, lengths)[slots]

    def _draw(self, rows: Sequence[Row], logits: Tensor) -> list[tuple[Row, FinishReason | None]]:
        settings = [row.request.sampling for row in rows]
        noise = [uniform(row.request.sampling, row.sample, row.noise_index) for row in rows]
        seen = signals(logits, max(s.alternatives for s in settings))
        drawn = draw(logits, settings, noise)
        table = {
            "ids": drawn.ids,
            "logprob": seen.logprobs.gather(1, drawn.ids[:, None])[:, 0],
            "sampled_logprob": drawn.logprobs,
            "entropy": seen.entropy,
            "sampled_entropy": drawn.entropy,
            "logsumexp": seen.logsumexp,
            "mean_logit": seen.mean_logit,
            "sum_p2": seen.sum_p2,
            "candidates": drawn.candidates,
        }
        host = {name: column.tolist() for name, column in table.items()}
        if not all(map(math.isfinite, host["logsumexp"])):
            raise EngineError(NOT_FINITE)
        top_ids, top_logprobs = seen.top_ids.cpu().numpy(), seen.top_logprobs.float().cpu().numpy()
        grids = {t: at_temperature(logits, t) for t in {t for s in settings for t in s.temperature_grid}}
        ended: list[tuple[Row, FinishReason | None]] = []
        for i, row in enumerate(rows):
            k = row.request.sampling.alternatives
            numbers = {name: column[i] for name, column in host.items()}
            numbers |= {"top_ids": top_ids[i, :k], "top_logprobs": top_logprobs[i, :k]}
            numbers["seconds"] = time.monotonic() - row.request.submitted
            for t in row.request.sampling.temperature_grid:
                numbers[f"lse@{t}"], numbers[f"mean@{t}"] = (float(column[i]) for column in grids[t])
            row.columns.append(numbers)
            token = numbers["ids"]
            ended.append((row, row.stop.see(token, row.columns.pieces.text_bytes(token))))
        return ended
