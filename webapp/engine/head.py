"""The output projection: fp32 logits whatever the number format of the model."""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import PreTrainedModel

from webapp.engine.projection import Format, Packed, Plain, packs


class Head:
    """The output projection in fp32 (float64 for a float64 model), with the scalings that some models add."""

    def __init__(self, model: PreTrainedModel, format: Format) -> None:
        layer = model.get_output_embeddings()  # type: ignore[no-untyped-call]
        bias = getattr(layer, "bias", None)
        self.vocabulary, self.width = (int(size) for size in layer.weight.shape)
        self.kind = torch.promote_types(layer.weight.dtype, torch.float32)
        self.project = self._projection(layer.weight.detach(), None if bias is None else bias.detach(), format)
        config = model.config
        self.scale = float(getattr(config, "logit_scale", None) or 1.0)  # Cohere
        self.scale /= float(getattr(config, "logits_scaling", None) or 1.0)  # Granite
        self.cap = getattr(config, "final_logit_softcapping", None)  # Gemma 2

    def __call__(self, hidden: Tensor) -> Tensor:
        """Return logits [..., V] of hidden states [..., D]."""
        return self.finish(self.product(hidden))

    def product(self, hidden: Tensor) -> Tensor:
        """Return what hidden states [..., D] are projected to [..., V], before the scalings."""
        product: Tensor = self.project(hidden.to(self.kind))
        return product

    def finish(self, product: Tensor) -> Tensor:
        """Return the logits of products [..., V]; gradients pass."""
        logits = product if self.scale == 1.0 else product * self.scale
        return logits if self.cap is None else torch.tanh(logits / self.cap) * self.cap

    def weight(self) -> Tensor:
        """Return the weight [V, D] as numbers that a gradient passes; a packed one is unpacked anew at every call."""
        weight: Tensor = self.project.unpacked() if isinstance(self.project, Packed) else self.project.weight
        return weight

    def _projection(self, weight: Tensor, bias: Tensor | None, format: Format) -> Plain | Packed:
        if format != "plain" and packs():
            return Packed(weight, bias)
        # Converted once: a copy a step would cost more than the projection. In fp32 this is the layer's own.
        return Plain(weight.to(self.kind), None if bias is None else bias.to(self.kind))
