"""Forward passes over the slot cache: a chunk of one row's prompt, or one token of every running row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor
from transformers import PreTrainedModel

from webapp.engine.cache import SlotCache, Window
from webapp.engine.decoder import Decoder, serves
from webapp.engine.head import Head
from webapp.engine.masks import Masking, Masks, layer_kinds
from webapp.engine.prefixes import Prefixes
from webapp.engine.projection import Format, project_all

_WEIGHTS: dict[Format, str] = {
    "plain": "",
    "packed": ", float16 weights in float32 arithmetic",
    "int8": ", int8 weights in bfloat16 arithmetic",
}


class Body(Protocol):
    """The layers of a model, without its output projection."""

    def __call__(self, cache: SlotCache, ids: Tensor, positions: Tensor, masks: Masks) -> Tensor:
        """Return the last hidden states [B, T, D] of ids [B, T] or input vectors [B, T, D] at positions [B, T]."""
        ...

    def embed(self, ids: Tensor) -> Tensor:
        """Return the input vectors [..., D] of ids."""
        ...


class Module:
    """The body of any decoder-only transformers model with attention to what stands before, as it is written."""

    def __init__(self, model: PreTrainedModel, format: Format) -> None:
        if format != "plain":
            project_all(model.base_model, format)
            model.base_model.float()  # what is not a linear layer
        self.body: Any = model.base_model
        self.mixed = len(set(layer_kinds(model.config))) > 1
        self.kind = layer_kinds(model.config)[0]

    def __call__(self, cache: SlotCache, ids: Tensor, positions: Tensor, masks: Masks) -> Tensor:
        """Return the last hidden states [B, T, D] of ids [B, T] or input vectors [B, T, D] at positions [B, T]."""
        given = {"input_ids": ids} if ids.dim() == 2 else {"inputs_embeds": ids}
        output: Tensor = self.body(
            **given, position_ids=positions, attention_mask=masks if self.mixed else masks[self.kind],
            past_key_values=cache, use_cache=True,
        ).last_hidden_state  # fmt: skip
        return output

    def embed(self, ids: Tensor) -> Tensor:
        """Return the input vectors [..., D] of ids."""
        vectors: Tensor = self.body.get_input_embeddings()(ids)
        return vectors


class Forward:
    """A decoder-only model driven through the slot cache; see `reader.Reader`. Logits are fp32 on every path."""

    embeds = True

    def __init__(self, model: PreTrainedModel, slots: int, format: Format = "plain") -> None:
        self.device = model.device
        self.slots = slots
        self.layers = int(model.config.num_hidden_layers)
        self.heads = int(model.config.num_attention_heads)
        self.cache = SlotCache(self.layers, slots)
        self.prefixes = Prefixes()
        self.token_bytes = 0
        self.reads_vectors = False  # whether the vector of a token was seen to be read as the token is
        self.head = Head(model, format)
        self.vocabulary, self.width = self.head.vocabulary, self.head.width
        self.written_out = serves(model)
        attention = "sdpa" if self.written_out else model.config._attn_implementation
        self.way = f"{'own' if self.written_out else 'transformers'} layers, {attention}{_WEIGHTS[format]}"
        self.body: Body = Decoder(model, format) if self.written_out else Module(model, format)
        self.masking = Masking(model.config, model.dtype if format == "plain" else torch.float32)

    def reset(self) -> None:
        """Forget every row, and free the memory of the buffers."""
        self.cache = SlotCache(self.layers, self.slots)

    def idle(self) -> None:
        """Free the memory of the buffers where others may want it; a GPU's captured steps need theirs to stay."""
        if self.device.type != "cuda":
            self.reset()

    def scratch(self, rows: int = 1) -> SlotCache:
        """Return a cache beside that of the running batch: of one row, for a text that is only read."""
        return SlotCache(self.layers, rows)

    def read(self, cache: SlotCache, slot: int, ids: Sequence[int], start: int) -> Tensor:
        """Read ids into a slot behind `start` tokens already there; return the last hidden states [T, D]."""
        return self.body(cache, *self.inputs(cache, slot, ids, start))[0]

    def inputs(self, cache: SlotCache, slot: int, ids: Sequence[int], start: int) -> tuple[Tensor, Tensor, Masks]:
        """Make a cache ready for ids behind `start` tokens of a slot; return what the body takes beside it."""
        end = start + len(ids)
        cache.next = Window(rows=slice(slot, slot + 1), length=end, start=start)
        positions = torch.arange(start, end, device=self.device)[None]
        return torch.tensor([list(ids)], device=self.device), positions, self.masking.masks(positions, end)

    def chunk(self, slot: int, ids: Sequence[int], start: int) -> Tensor:
        """Read ids into a slot of the running batch; return the logits [V] after the last."""
        return self.logits(self.read(self.cache, slot, ids, start)[-1])

    def step(self, tokens: Sequence[int], lengths: Sequence[int]) -> Tensor:
        """Read one token into each of the rows 0 to B - 1, of the given lengths; return logits [B, V]."""
        ids = torch.tensor(tokens, device=self.device)
        positions = torch.tensor(lengths, device=self.device)
        longest, together = max(lengths) + 1, min(lengths) == max(lengths)
        self.cache.next = Window(slice(0, len(lengths)), longest, longest - 1)
        if not together:
            self.cache.next.positions = positions
            self.cache.next.order = torch.arange(len(lengths), device=self.device)
        # transformers' layers would make a mask of their own where there is none
        masks = self.masking.none_needed(longest) if together and self.written_out else None
        masks = masks or self.masking.masks(positions[:, None], longest)
        hidden = self.body(self.cache, ids[:, None], positions[:, None], masks)
        return self.logits(hidden[:, -1])

    def advance(self, cache: SlotCache, inputs: Tensor, first: int, length: int) -> Tensor:
        """Read a token [B] or an input vector [B, D] into each row from `first` on, all of one length.

        Return the last hidden states [B, D].
        """
        rows = inputs.shape[0]
        cache.next = Window(slice(first, first + rows), length + 1, length)
        positions = torch.full((rows, 1), length, device=self.device)
        masks = self.masking.none_needed(length + 1) if self.written_out else None
        masks = masks or self.masking.masks(positions, length + 1)
        return self.body(cache, inputs[:, None], positions, masks)[:, -1]

    def embed(self, ids: Tensor) -> Tensor:
        """Return the vectors [..., D] that the layers are given for ids."""
        return self.body.embed(ids)

    def logits(self, hidden: Tensor) -> Tensor:
        """Project hidden states [..., D] to fp32 logits [..., V]."""
        return self.head(hidden)
