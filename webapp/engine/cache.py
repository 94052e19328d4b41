"""The slot cache: keys and values of every running sequence, each row at a position of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin

BUCKET = 256  # the length grows in steps of this many tokens, so that it is seldom copied


@dataclass(slots=True)
class Window:
    """Where the next forward pass writes and how far it reads: one row's chunk, or one token of each row."""

    rows: slice
    length: int
    start: int = 0
    positions: Tensor | None = None  # [B] where each row writes its token; None for a chunk of one row


class SlotLayer(CacheLayerMixin):  # type: ignore[no-untyped-call]
    """Keys and values [slots, heads, length, head size] of one layer."""

    is_sliding = False
    keys: Tensor
    values: Tensor

    def __init__(self, slots: int, window: Callable[[], Window]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.slots = slots
        self.window = window

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Make the buffers in the shape of the first keys and values."""
        for name, states in (("keys", key_states), ("values", value_states)):
            shape = (self.slots, states.shape[1], 0, states.shape[3])
            setattr(self, name, states.new_zeros(shape))
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Write the new keys and values where the window says and return what the rows attend to."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        window = self.window()
        self._reserve(window.length)
        return self._write(self.keys, key_states, window), self._write(self.values, value_states, window)

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy the first tokens of one row to another."""
        if self.is_initialized:
            self._reserve(length)
            self.keys[target, :, :length] = self.keys[source, :, :length]
            self.values[target, :, :length] = self.values[source, :, :length]

    def _reserve(self, length: int) -> None:
        have = self.keys.shape[2]
        if length > have:
            more = -(-length // BUCKET) * BUCKET - have
            self.keys = torch.nn.functional.pad(self.keys, (0, 0, 0, more))
            self.values = torch.nn.functional.pad(self.values, (0, 0, 0, more))

    @staticmethod
    def _write(buffer: Tensor, states: Tensor, window: Window) -> Tensor:
        rows = buffer[window.rows]
        if window.positions is None:
            rows[:, :, window.start : window.length] = states
        else:
            rows[torch.arange(rows.shape[0], device=rows.device), :, window.positions] = states[:, :, 0]
        return rows[:, :, : window.length]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Return how many keys the next pass reads, from position 0."""
        return self.window().length, 0

    def get_seq_length(self) -> int:
        """Return how many tokens stand before the next pass's chunk."""
        return self.window().start

    def get_max_length(self) -> int:
        """Return -1: the buffers grow."""
        return -1


class SlotCache(Cache):
    """A cache whose rows are sequences that join and leave; active rows are kept in slots 0 to B - 1."""

    def __init__(self, layers: int, slots: int) -> None:
        self.next = Window(rows=slice(0, 1), length=0)
        self.slot_layers = [SlotLayer(slots, lambda: self.next) for _ in range(layers)]
        super().__init__(layers=list(self.slot_layers))

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` tokens of slot `source` to slot `target`, in every layer."""
        for layer in self.slot_layers:
            layer.copy(source, target, length)
