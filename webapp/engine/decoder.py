"""Llama-type layers written out: the same numbers as the transformers module, with a third of its operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.functional import rms_norm
from transformers import PreTrainedModel

from webapp.engine.attention import attend
from webapp.engine.cache import SlotCache
from webapp.engine.masks import Masks, layer_kinds
from webapp.engine.projection import Format, join

Angles: TypeAlias = tuple[Tensor, Tensor]
Linear: TypeAlias = Callable[[Tensor], Tensor]
FAMILIES = frozenset({"llama", "mistral", "qwen2", "qwen3"})
STATIC_ROPE = frozenset({"default", "linear", "llama3", "yarn"})  # whose angles do not depend on the text's length


@dataclass(frozen=True, slots=True)
class Norm:
    """Root-mean-square normalisation with a gain [D]."""

    gain: Tensor
    epsilon: float

    @staticmethod
    def of(module: Any, dtype: torch.dtype) -> Norm:
        """Return the normalisation that a transformers module does."""
        return Norm(module.weight.data.to(dtype), float(module.variance_epsilon))

    def __call__(self, x: Tensor) -> Tensor:
        """Return x [..., D] normalised."""
        if x.device.type != "cpu":
            return rms_norm(x, self.gain.shape, self.gain, self.epsilon)
        # where PyTorch has no kernel of its own for it, this takes half the passes over x
        size = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        scale = (size * size).mul_(1 / x.shape[-1]).add_(self.epsilon).rsqrt_()
        normed: Tensor = x * scale
        return normed.mul_(self.gain)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's weights, and the kind of its attention."""

    kind: str
    before_attention: Norm
    query_key_value: Linear
    of_queries: Norm | None
    of_keys: Norm | None
    output: Linear
    before_mlp: Norm
    gate_up: Linear
    activation: Linear
    down: Linear


class Decoder:
    """The body of a Llama-type model: embedding, layers and last norm, over the slot cache."""

    def __init__(self, model: PreTrainedModel, format: Format) -> None:
        config: Any = model.config
        body: Any = model.base_model
        self.heads = int(config.num_attention_heads)
        self.shared = int(config.num_key_value_heads)
        self.size = int(getattr(config, "head_dim", None) or config.hidden_size // self.heads)
        self.embedding: Tensor = body.embed_tokens.weight.data
        self.rotary: nn.Module = body.rotary_emb
        kinds = layer_kinds(config)
        self.dtype = model.dtype if format == "plain" else torch.float32
        pairs = zip(body.layers, kinds, strict=True)
        self.layers = [_layer(module, kind, format, self.dtype) for module, kind in pairs]
        self.last = Norm.of(body.norm, self.dtype)

    def __call__(self, cache: SlotCache, ids: Tensor, positions: Tensor, masks: Masks) -> Tensor:
        """Return the last hidden states [B, T, D] of ids [B, T], whose keys and values are added to the cache.

        Input vectors [B, T, D] may stand in the place of the ids.
        """
        *_, x = self.states(cache, ids, positions, masks)
        return self.last(x)

    def states(
        self, cache: SlotCache, ids: Tensor, positions: Tensor, masks: Masks, heads: dict[int, Tensor] | None = None
    ) -> Iterator[Tensor]:
        """Yield the states [B, T, D] after the embedding and after each layer: one tensor, which each layer adds to.

        `heads` weighs the attention heads [H] of a layer before its output projection.
        """
        x = self.embed(ids) if ids.dim() == 2 else ids.to(self.dtype, copy=True)
        flat = x.view(-1, x.shape[-1])
        angles = self._angles(x, positions)
        yield x
        for i, layer in enumerate(self.layers):
            joined = layer.query_key_value(layer.before_attention(flat)).view(*x.shape[:2], -1, self.size)
            attended = self._attention(cache, i, layer, joined, angles, masks[layer.kind])
            if heads is not None and i in heads:
                attended = attended * heads[i].repeat_interleave(self.size)
            flat += layer.output(attended)
            gate, up = layer.gate_up(layer.before_mlp(flat)).chunk(2, -1)
            flat += layer.down(layer.activation(gate).mul_(up))
            yield x

    def embed(self, ids: Tensor) -> Tensor:
        """Return the input vectors [..., D] of ids."""
        return self.embedding[ids].to(self.dtype)

    def _angles(self, x: Tensor, positions: Tensor) -> Angles:
        """Return cosine and sine [B, T, 1, D]; the sine's first half is negated, which saves turning the states."""
        cosine, sine = self.rotary(x, positions)
        half = self.size // 2
        return cosine[:, :, None], torch.cat([-sine[..., :half], sine[..., half:]], -1)[:, :, None]

    def _attention(
        self, cache: SlotCache, index: int, layer: Layer, joined: Tensor, angles: Angles, mask: Tensor | None
    ) -> Tensor:
        """Return [B T, H D] of joined queries, keys and values [B, T, heads, D]."""
        cosine, sine = angles
        turned = joined[:, :, : self.heads + self.shared]
        if layer.of_queries is not None and layer.of_keys is not None:
            parts = layer.of_queries(turned[:, :, : self.heads]), layer.of_keys(turned[:, :, self.heads :])
            turned = torch.cat(parts, 2)
        half = self.size // 2
        swapped = torch.cat((turned[..., half:], turned[..., :half]), -1)
        turned = swapped.mul_(sine).addcmul_(turned, cosine).transpose(1, 2)
        new_values = joined[:, :, self.heads + self.shared :].transpose(1, 2)
        keys, values = cache.update(turned[:, self.heads :], new_values, index)
        attended = attend(turned[:, : self.heads], keys, values, mask, self.size**-0.5)
        return attended.transpose(1, 2).reshape(-1, self.heads * self.size)


def serves(model: PreTrainedModel) -> bool:
    """Return whether a model is of a family whose layers are written out here."""
    config = model.config
    rope = getattr(config, "rope_parameters", None) or {}
    return config.model_type in FAMILIES and rope.get("rope_type", "default") in STATIC_ROPE


def _layer(module: Any, kind: str, format: Format, dtype: torch.dtype) -> Layer:
    attention, mlp = module.self_attn, module.mlp
    normed = hasattr(attention, "q_norm")
    return Layer(
        kind=kind,
        before_attention=Norm.of(module.input_layernorm, dtype),
        query_key_value=join(attention, ["q_proj", "k_proj", "v_proj"], format).forward,
        of_queries=Norm.of(attention.q_norm, dtype) if normed else None,
        of_keys=Norm.of(attention.k_norm, dtype) if normed else None,
        output=join(attention, ["o_proj"], format).forward,
        before_mlp=Norm.of(module.post_attention_layernorm, dtype),
        gate_up=join(mlp, ["gate_proj", "up_proj"], format).forward,
        activation=mlp.act_fn,
        down=join(mlp, ["down_proj"], format).forward,
    )
