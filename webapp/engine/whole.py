"""The slow path: a model that keeps no cache of ours is given its whole text again for every token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from webapp.engine.prefixes import Prefixes


class KeptText(NamedTuple):
    """What was read of a sequence that has no slot now."""

    length: int
    ids: tuple[int, ...]


class TextCache:
    """The ids of every running sequence, in the place of its keys and values."""

    def __init__(self) -> None:
        self.texts: dict[int, tuple[int, ...]] = {}

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` ids of slot `source` to slot `target`."""
        self.texts[target] = self.texts.get(source, ())[:length]

    def take(self, slot: int, length: int) -> KeptText:
        """Return the first `length` ids of a slot, to be put back later."""
        return KeptText(length, self.texts[slot][:length])

    def put(self, kept: KeptText, slot: int, length: int) -> None:
        """Write the first `length` ids of what was taken into a slot."""
        self.texts[slot] = kept.ids[:length]


class WholeText:
    """A model asked through its own forward pass alone; see `forward.Forward`, whose "hidden states" are logits here.

    Right for whatever the model computes (recurrent layers, an output of its own kind), and slow: the cost of a
    token grows with the text before it.
    """

    way = "the whole text is read again for every token, which is slow"
    embeds = False
    token_bytes = 0

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.device = model.device
        self.cache = TextCache()
        self.prefixes = Prefixes()  # there is nothing to spare by remembering
        head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
        self.vocabulary = self.width = int(head.weight.shape[0])
        if head.weight.dtype in (torch.bfloat16, torch.float16):
            model.set_output_embeddings(_InFloat(head))  # type: ignore[no-untyped-call]

    def reset(self) -> None:
        """Forget every row."""
        self.cache = TextCache()

    def idle(self) -> None:
        """Forget every row."""
        self.reset()

    def scratch(self) -> TextCache:
        """Return a cache for a text that is only read."""
        return TextCache()

    def read(self, cache: TextCache, slot: int, ids: Sequence[int], start: int) -> Tensor:
        """Read ids into a slot behind `start` tokens already there; return the logits [T, V] after each."""
        cache.texts[slot] = (*cache.texts.get(slot, ())[:start], *ids)
        batch = torch.tensor([cache.texts[slot]], device=self.device)
        logits: Tensor = self.model(input_ids=batch, use_cache=False).logits[0, start:]
        return logits.to(torch.promote_types(logits.dtype, torch.float32))

    def chunk(self, slot: int, ids: Sequence[int], start: int) -> Tensor:
        """Read ids into a slot of the running batch; return the logits [V] after the last."""
        return self.read(self.cache, slot, ids, start)[-1]

    def step(self, tokens: Sequence[int], lengths: Sequence[int]) -> Tensor:
        """Read one token into each of the rows 0 to B - 1, of the given lengths; return logits [B, V]."""
        rows = enumerate(zip(tokens, lengths, strict=True))
        return torch.stack([self.chunk(slot, [token], length) for slot, (token, length) in rows])

    def logits(self, hidden: Tensor) -> Tensor:
        """Return what `read` returned."""
        return hidden


class _InFloat(nn.Module):
    """An output projection of 16-bit weights in float32, so that the model's own scalings act on fp32 logits."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.weight = nn.Parameter(layer.weight.float(), requires_grad=False)
        bias = getattr(layer, "bias", None)
        self.bias = None if bias is None else nn.Parameter(bias.float(), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.linear(x.float(), self.weight, self.bias)
