"""Which of the tokens before it a token attends to: all of them, or those within a sliding window."""

from __future__ import annotations

from typing import Any, TypeAlias

import torch
from torch import Tensor

Masks: TypeAlias = dict[str, Tensor | None]  # by kind of layer; None where every query sees every key
FULL, SLIDING = "full_attention", "sliding_attention"


def layer_kinds(config: Any) -> list[str]:
    """Return the kind of each layer of a transformers configuration, in their order."""
    listed = getattr(config, "layer_types", None)
    if listed:
        return list(listed)
    sliding = getattr(config, "sliding_window", None) and getattr(config, "use_sliding_window", True)
    return [SLIDING if sliding else FULL] * int(config.num_hidden_layers)


def servable(config: Any) -> bool:
    """Return whether all layers of a configuration attend to what stands before them, so that a cache can serve."""
    return not config.is_encoder_decoder and not set(layer_kinds(config)) - {FULL, SLIDING}


class Masking:
    """Makes the masks of one model."""

    def __init__(self, config: Any, dtype: torch.dtype) -> None:
        self.dtype = dtype
        self.kinds = sorted(set(layer_kinds(config)))
        self.window = int(config.sliding_window) if SLIDING in self.kinds else 0

    def masks(self, positions: Tensor, length: int) -> Masks:
        """Return masks [B, 1, T, L], to be added to the scores of queries at positions [B, T] over L keys."""
        keys = torch.arange(length, device=positions.device)
        ahead = keys > positions[..., None]
        return {kind: self._added(ahead, keys, positions, kind) for kind in self.kinds}

    def none_needed(self, longest: int) -> Masks | None:
        """Return masks that hide nothing, for rows that end together; None when a window hides their beginning."""
        return None if self.window and longest > self.window else dict.fromkeys(self.kinds)

    def _added(self, ahead: Tensor, keys: Tensor, positions: Tensor, kind: str) -> Tensor:
        hidden = ahead
        if kind == SLIDING:
            hidden = ahead | (keys <= positions[..., None] - self.window)
        lowest = torch.finfo(self.dtype).min
        zeros = torch.zeros(hidden.shape, dtype=self.dtype, device=hidden.device)
        return zeros.masked_fill_(hidden, lowest)[:, None]
