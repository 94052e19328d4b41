"""Forward passes over the slot cache: a chunk of one row's prompt, or one token of every running row."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel

from webapp.engine.cache import SlotCache, Window
from webapp.engine.protocol import EngineError


class Forward:
    """An unmodified decoder-only model driven through the slot cache; logits are fp32 on every path."""

    def __init__(self, model: PreTrainedModel, slots: int) -> None:
        refuse_unservable(model)
        self.model = model
        self.device = model.device
        self.slots = slots
        self.cache = SlotCache(model.config.num_hidden_layers, slots)
        self.body = model.base_model
        self.head = model.get_output_embeddings()  # type: ignore[no-untyped-call]

    def reset(self) -> None:
        """Forget every row, and free the memory of the buffers."""
        self.cache = SlotCache(self.model.config.num_hidden_layers, self.slots)

    def chunk(self, slot: int, ids: Sequence[int], start: int) -> Tensor:
        """Read ids into a slot behind `start` tokens already there; return the logits [V] after the last."""
        end = start + len(ids)
        self.cache.next = Window(rows=slice(slot, slot + 1), length=end, start=start)
        positions = torch.arange(start, end, device=self.device)
        mask = torch.arange(end, device=self.device)[None, :] <= positions[:, None]
        hidden = self._body(torch.tensor([list(ids)], device=self.device), positions[None], mask[None, None])
        return self.logits(hidden[:, -1])[0]

    def step(self, tokens: Sequence[int], lengths: Sequence[int]) -> Tensor:
        """Read one token into each of the rows 0 to B - 1, of the given lengths; return logits [B, V]."""
        ids = torch.tensor(tokens, device=self.device)
        positions = torch.tensor(lengths, device=self.device)
        longest = max(lengths) + 1
        self.cache.next = Window(rows=slice(0, len(lengths)), length=longest, start=longest - 1, positions=positions)
        mask = torch.arange(longest, device=self.device)[None, :] <= positions[:, None]
        hidden = self._body(ids[:, None], positions[:, None], mask[:, None, None])
        return self.logits(hidden[:, -1])

    def whole(self, ids: Sequence[int]) -> Tensor:
        """Return the last hidden states [T, D] of one text, without the cache."""
        batch = torch.tensor([list(ids)], device=self.device)
        output: Tensor = self.body(input_ids=batch, use_cache=False).last_hidden_state
        return output[0]

    def logits(self, hidden: Tensor) -> Tensor:
        """Project hidden states [..., D] to fp32 logits [..., V]."""
        weight, bias = self.head.weight, getattr(self.head, "bias", None)
        kind = torch.promote_types(weight.dtype, torch.float32)
        logits = torch.nn.functional.linear(hidden.to(kind), weight.to(kind), None if bias is None else bias.to(kind))
        cap = getattr(self.model.config, "final_logit_softcapping", None)
        return logits if cap is None else torch.tanh(logits / cap) * cap

    def _body(self, ids: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        output: Tensor = self.body(
            input_ids=ids, position_ids=positions, attention_mask=mask, past_key_values=self.cache, use_cache=True
        ).last_hidden_state
        return output


def refuse_unservable(model: PreTrainedModel) -> None:
    """Refuse a model whose layers do not all attend to everything before them.

    Raises:
        EngineError: for sliding windows, recurrent layers or an encoder.

    """
    config = model.config
    listed = getattr(config, "layer_types", None)
    sliding = getattr(config, "sliding_window", None) and getattr(config, "use_sliding_window", True)
    kinds = set(listed) if listed else {"sliding_attention" if sliding else "full_attention"}
    if config.is_encoder_decoder or kinds != {"full_attention"}:
        raise EngineError(
            f"{config.model_type} models have layers ({', '.join(sorted(kinds))}) that this engine cannot serve yet; "
            "pick a decoder-only model with full attention, such as Llama, Qwen 2 or 3, or SmolLM2."
        )
