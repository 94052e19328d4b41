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
        self.layers = int(model.config.num_hidden_layers)
        self.cache = SlotCache(self.layers, slots)
        self.body = model.base_model
        self.head = Head(model)
        self.additive = model.config._attn_implementation == "eager"  # adds its mask; the others take booleans

    def reset(self) -> None:
        """Forget every row, and free the memory of the buffers."""
        self.cache = SlotCache(self.layers, self.slots)

    def scratch(self) -> SlotCache:
        """Return a cache of one row, for a text that is only read."""
        return SlotCache(self.layers, 1)

    def read(self, cache: SlotCache, slot: int, ids: Sequence[int], start: int) -> Tensor:
        """Read ids into a slot behind `start` tokens already there; return the last hidden states [T, D]."""
        end = start + len(ids)
        cache.next = Window(rows=slice(slot, slot + 1), length=end, start=start)
        positions = torch.arange(start, end, device=self.device)
        allowed = torch.arange(end, device=self.device)[None, :] <= positions[:, None]
        batch = torch.tensor([list(ids)], device=self.device)
        return self._body(cache, batch, positions[None], allowed[None, None])[0]

    def chunk(self, slot: int, ids: Sequence[int], start: int) -> Tensor:
        """Read ids into a slot of the running batch; return the logits [V] after the last."""
        return self.logits(self.read(self.cache, slot, ids, start)[-1])

    def step(self, tokens: Sequence[int], lengths: Sequence[int]) -> Tensor:
        """Read one token into each of the rows 0 to B - 1, of the given lengths; return logits [B, V]."""
        ids = torch.tensor(tokens, device=self.device)
        positions = torch.tensor(lengths, device=self.device)
        longest = max(lengths) + 1
        self.cache.next = Window(rows=slice(0, len(lengths)), length=longest, start=longest - 1, positions=positions)
        allowed = torch.arange(longest, device=self.device)[None, :] <= positions[:, None]
        hidden = self._body(self.cache, ids[:, None], positions[:, None], allowed[:, None, None])
        return self.logits(hidden[:, -1])

    def logits(self, hidden: Tensor) -> Tensor:
        """Project hidden states [..., D] to fp32 logits [..., V]."""
        return self.head(hidden)

    def _body(self, cache: SlotCache, ids: Tensor, positions: Tensor, allowed: Tensor) -> Tensor:
        mask = allowed
        if self.additive:
            dtype = self.model.dtype
            mask = torch.zeros_like(allowed, dtype=dtype).masked_fill(~allowed, torch.finfo(dtype).min)
        output: Tensor = self.body(
            input_ids=ids, position_ids=positions, attention_mask=mask, past_key_values=cache, use_cache=True
        ).last_hidden_state
        return output


class Head:
    """The output projection in fp32 (float64 for a float64 model), with the scalings that some models add."""

    def __init__(self, model: PreTrainedModel) -> None:
        layer = model.get_output_embeddings()  # type: ignore[no-untyped-call]
        kind = torch.promote_types(layer.weight.dtype, torch.float32)
        # Converted once: a copy a step would cost more than the projection. In fp32 this is the layer's own.
        self.weight = layer.weight.detach().to(kind)
        bias = getattr(layer, "bias", None)
        self.bias = None if bias is None else bias.detach().to(kind)
        config = model.config
        self.scale = float(getattr(config, "logit_scale", None) or 1.0)  # Cohere
        self.scale /= float(getattr(config, "logits_scaling", None) or 1.0)  # Granite
        self.cap = getattr(config, "final_logit_softcapping", None)  # Gemma 2

    def __call__(self, hidden: Tensor) -> Tensor:
        """Return logits [..., V] of hidden states [..., D]."""
        logits = torch.nn.functional.linear(hidden.to(self.weight.dtype), self.weight, self.bias)
        if self.scale != 1.0:
            logits = logits * self.scale
        return logits if self.cap is None else torch.tanh(logits / self.cap) * self.cap


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


@torch.inference_mode()
def refuse_different(forward: Forward) -> None:
    """Refuse a model whose own logits are not the ones computed here: its numbers would be wrong without a sign.

    Raises:
        EngineError: when a short text gets other log-probabilities from the model than through the slot cache.

    """
    ids = [i % int(forward.head.weight.shape[0]) for i in (3, 17, 5, 29, 11, 2)]
    forward.chunk(0, ids[:3], 0)
    forward.chunk(0, ids[3:-1], 3)
    ours = forward.step([ids[-1]], [len(ids) - 1])[0].log_softmax(-1)
    whole = forward.model(input_ids=torch.tensor([ids], device=forward.device), use_cache=False).logits
    theirs = whole[0, -1].to(ours.dtype).log_softmax(-1)
    forward.reset()
    finite = theirs.isfinite()  # a model of NaNs is refused when it is asked, with another sentence
    gap, width = (ours - theirs)[finite].abs(), theirs[finite].abs()
    share = 1e-3 if forward.model.dtype in (torch.float32, torch.float64) else 0.1
    if finite.any() and not float(gap.max()) <= share * max(float(width.max()), 1.0):
        raise EngineError(
            f"{forward.model.config.model_type} models compute their output in a way that this engine does not "
            "know, so its numbers would be wrong; pick another model, such as Llama, Qwen 2 or 3, or SmolLM2."
        )
