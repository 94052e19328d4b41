"""What the batch and the scoring passes ask of a model, whichever way it is driven."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from webapp.engine.prefixes import Prefixes


class Reader(Protocol):
    """A model that reads tokens into slots and returns logits [..., V] in fp32 (float64 for a float64 model).

    `width` is the size D of the states that `read` returns, `way` says in a few words how the model is driven,
    `token_bytes` is what one token takes in the cache, `prefixes` what was read of recent texts.
    """

    device: torch.device
    cache: Any
    vocabulary: int
    width: int
    way: str
    embeds: bool
    token_bytes: int
    prefixes: Prefixes

    def reset(self) -> None:
        """Forget every row, and free the memory of the buffers."""
        ...

    def idle(self) -> None:
        """Nothing runs: free what can be had again."""
        ...

    def scratch(self) -> Any:
        """Return a cache (a `SequenceCache`) of one row, for a text that is only read."""
        ...

    def read(self, cache: Any, slot: int, ids: Sequence[int], start: int) -> Tensor:
        """Read ids into a slot behind `start` tokens already there; return states [T, D] that `logits` takes."""
        ...

    def chunk(self, slot: int, ids: Sequence[int], start: int) -> Tensor:
        """Read ids into a slot of the running batch; return the logits [V] after the last."""
        ...

    def step(self, tokens: Sequence[int], lengths: Sequence[int]) -> Tensor:
        """Read one token into each of the rows 0 to B - 1, of the given lengths; return logits [B, V]."""
        ...

    def logits(self, hidden: Tensor) -> Tensor:
        """Project states [..., D] to logits [..., V]."""
        ...
