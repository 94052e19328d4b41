"""What the caches may take of the device's memory: rows wait for room, so that it does not run out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from webapp.engine.cache import BUCKET, bucketed
from webapp.engine.projection import Format
from webapp.engine.protocol import EngineError
from webapp.engine.request import Row

GPU_SHARE = 0.9  # of what is free beside the weights; the rest is for what a step computes
UNTOLD = 1 << 28  # bytes of remembered texts where nobody set a limit
GB = 1e9


@dataclass(frozen=True, slots=True)
class Budget:
    """How many tokens' keys and values fit: half of them run, the others are scored or remembered."""

    tokens: int | None  # None: nobody set a limit
    token_bytes: int = 0

    @property
    def running(self) -> int | None:
        """Tokens of the running batch, its unused ends included."""
        return None if self.tokens is None else self.tokens // 2

    @property
    def remembered(self) -> int:
        """Tokens of texts that were read and may begin others."""
        if not self.token_bytes:  # nothing is kept of a text but its ids
            return 0
        return UNTOLD // self.token_bytes if self.tokens is None else self.tokens // 4

    @property
    def walked(self) -> int | None:
        """Tokens of all walks together; while they run, that much less is remembered."""
        return None if self.tokens is None else self.tokens // 4

    @property
    def scored(self) -> int | None:
        """Tokens of a text that is only read."""
        return None if self.tokens is None else self.tokens // 4

    def fits(self, members: Sequence[Row], row: Row) -> bool:
        """Return whether a row may join others: the batch is as long as its longest row may become, for every row."""
        if self.running is None:
            return True
        longest = max(other.longest for other in (*members, row))
        return (len(members) + 1) * bucketed(longest) <= self.running

    def refuse(self, tokens: int, allowed: int | None, texts: int = 1) -> None:
        """Refuse a text, or several at once, that could never have room.

        Raises:
            EngineError: with what it needs and what there is.

        """
        needed = texts * bucketed(tokens)
        if allowed is not None and needed > allowed:
            what, ask = ("A text", "a shorter text") if texts == 1 else (f"{texts} texts", "fewer or shorter texts")
            need, it = ("needs", "it") if texts == 1 else ("need", "them")
            raise EngineError(
                f"{what} of up to {tokens:,} tokens {need} {self._gb(needed)} beside the model, and "
                f"{self._gb(allowed)} are set aside for {it}; ask for {ask}, or start with a larger --memory."
            )

    def _gb(self, tokens: int) -> str:
        return f"{tokens * self.token_bytes / GB:.2f} GB"


def budget(allowed: int, weights: int, token_bytes: int, device: torch.device) -> Budget:
    """Return what is left for caches of `allowed` bytes; 0 takes what a GPU has free, and leaves a CPU unlimited.

    Raises:
        EngineError: when the weights alone take more.

    """
    if not token_bytes or (not allowed and device.type != "cuda"):
        return Budget(None, token_bytes)
    left = allowed - weights if allowed else int(GPU_SHARE * torch.cuda.mem_get_info(device)[0])
    if left < 4 * BUCKET * token_bytes:
        raise EngineError(
            f"The weights take {weights / GB:.2f} GB, which leaves too little of the {max(allowed, left) / GB:.2f} "
            "GB that may be used; take a smaller model, or start with a larger --memory."
        )
    return Budget(left // token_bytes, token_bytes)


def weight_bytes(model: PreTrainedModel, format: Format) -> int:
    """Return what a model's weights take once they are in a format, its fp32 or packed output projection included."""
    head = model.get_output_embeddings().weight  # type: ignore[no-untyped-call]
    size = 1 if format == "int8" else model.dtype.itemsize
    others = sum(p.numel() for p in model.parameters()) * size
    copied = format != "plain" or model.dtype.itemsize < 4
    return others + (head.numel() * (2 if format != "plain" else 4) if copied else 0)
