"""The slot cache: keys and values of every running sequence, each row at a position of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin

BUCKET = 256  # the length grows in steps of this many tokens, so that it is seldom copied


def bucketed(tokens: int) -> int:
    """Return how many tokens long a buffer is that holds so many."""
    return -(-tokens // BUCKET) * BUCKET


@dataclass(slots=True)
class Window:
    """Where the next forward pass writes and how far it reads: one row's chunk, or one token of each row."""

    rows: slice
    length: int
    start: int = 0
    positions: Tensor | None = None  # [B] where each row writes its token; None where that is `start` on, in all rows
    order: Tensor | None = None  # [B] the rows' numbers, to go with the positions


class Kept(NamedTuple):
    """What was read of a sequence that has no slot now: keys and values [heads, length, head size] a layer."""

    length: int
    layers: tuple[tuple[Tensor, Tensor], ...]


class SlotLayer(CacheLayerMixin):  # type: ignore[no-untyped-call]
    """Keys and values [rows, heads, length, head size] of one layer; rows and length grow as they are needed."""

    is_sliding = False
    keys: Tensor
    values: Tensor

    def __init__(self, slots: int, window: Callable[[], Window]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.slots = slots
        self.window = window

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        """Make empty buffers in the shape of the first keys and values."""
        for name, states in (("keys", key_states), ("values", value_states)):
            setattr(self, name, states.new_zeros((0, states.shape[1], 0, states.shape[3])))
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Write the new keys and values where the window says and return what the rows attend to."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        window = self.window()
        self.reserve(window.rows.stop, window.length)
        return self._write(self.keys, key_states, window), self._write(self.values, value_states, window)

    def reserve(self, rows: int, length: int) -> None:
        """Grow the buffers to at least that many rows and tokens."""
        have_rows, _, have, _ = self.keys.shape
        if rows <= have_rows and length <= have:
            return
        rows = have_rows if rows <= have_rows else max(rows, min(2 * have_rows, self.slots))
        length = have if length <= have else bucketed(length)
        for name in ("keys", "values"):
            old: Tensor = getattr(self, name)
            # Zeros and not whatever was there: a masked NaN would still spoil what attends past it.
            new = old.new_zeros((rows, old.shape[1], length, old.shape[3]))
            new[:have_rows, :, :have] = old
            setattr(self, name, new)

    @staticmethod
    def _write(buffer: Tensor, states: Tensor, window: Window) -> Tensor:
        rows = buffer[window.rows]
        if window.positions is None:  # several times as fast as by positions
            rows[:, :, window.start : window.length] = states
        else:
            rows[window.order, :, window.positions] = states[:, :, 0]
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

    def reserve(self, rows: int, length: int) -> None:
        """Grow every layer's buffers to at least that many rows and tokens; something must have been read before."""
        for layer in self.slot_layers:
            layer.reserve(rows, length)

    def addresses(self) -> tuple[int, int, int]:
        """Return what changes when the buffers were made anew."""
        first, last = self.slot_layers[0].keys, self.slot_layers[-1].values
        return first.data_ptr(), last.data_ptr(), first.shape[2]

    def token_bytes(self) -> int:
        """Return what one token of one row takes, in all layers together; something must have been read before."""
        buffers = [(layer.keys, layer.values) for layer in self.slot_layers]
        return sum(b.nbytes // (b.shape[0] * b.shape[2]) for pair in buffers for b in pair)

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` tokens of slot `source` to slot `target`, in every layer."""
        if not length:  # nothing was read into the source, so it may have no row yet
            return
        for layer in self.slot_layers:
            layer.reserve(target + 1, length)
            layer.keys[target, :, :length] = layer.keys[source, :, :length]
            layer.values[target, :, :length] = layer.values[source, :, :length]

    def arrange(self, sources: Sequence[int], length: int) -> None:
        """Make slot i hold the first `length` tokens of what slot sources[i] held, for all i at once."""
        moved = [slot for slot, source in enumerate(sources) if slot != source]
        taken = [sources[slot] for slot in moved]
        for layer in self.slot_layers if moved else ():
            layer.reserve(len(sources), length)
            for buffer in (layer.keys, layer.values):
                buffer[moved, :, :length] = buffer[taken, :, :length]

    def take(self, slot: int, length: int) -> Kept:
        """Return a copy of the first `length` tokens of a slot, to be put back later."""
        layers = [(la.keys[slot, :, :length].clone(), la.values[slot, :, :length].clone()) for la in self.slot_layers]
        return Kept(length, tuple(layers))

    def put(self, kept: Kept, slot: int, length: int) -> None:
        """Write the first `length` tokens of what was taken into a slot."""
        for layer, (keys, values) in zip(self.slot_layers, kept.layers, strict=True):
            if not layer.is_initialized:  # the cache was emptied meanwhile
                layer.lazy_initialization(keys[None], values[None])
            layer.reserve(slot + 1, length)
            layer.keys[slot, :, :length] = keys[:, :length]
            layer.values[slot, :, :length] = values[:, :length]
