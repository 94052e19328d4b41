"""Linear layers in the format that a device multiplies fastest; layers that read the same input become one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, cast

import torch
from torch import Tensor, nn

Format: TypeAlias = Literal["plain", "packed", "int8"]
LARGEST_HALF = 65504.0  # float16's range; a packed weight beyond it would be cut without a sign


class OutOfRange(ValueError):
    """A number that a format cannot hold."""


def packs() -> bool:
    """Return whether this build of PyTorch multiplies packed float16 weights with float32 numbers (x86 CPUs)."""
    return "fbgemm" in torch.backends.quantized.supported_engines


class Plain(nn.Module):
    """A layer as PyTorch multiplies it, in the number format of its weight."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.weight, self.bias = weight, bias

    def forward(self, x: Tensor) -> Tensor:
        """Return x [..., in] W^T + b, [..., out]."""
        return nn.functional.linear(x, self.weight, self.bias)


class Packed(nn.Module):
    """Float16 weights laid out once for the CPU's registers; input, sums and output are float32.

    Half the memory traffic of float32, and no rounding but that of the weights. Gradients do not pass.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        if float(weight.abs().max()) > LARGEST_HALF:
            raise OutOfRange("A weight is beyond the range of float16; start with --dtype float32.")
        self.outputs = weight.shape[0]
        self._weight = torch.ops.quantized.linear_prepack_fp16(weight.float(), None if bias is None else bias.float())

    def forward(self, x: Tensor) -> Tensor:
        """Return x [..., in] W^T + b, [..., out]."""
        if x.dim() == 2 and x.dtype == torch.float32:  # as our own layers call it, a hundred times a step
            return cast(Tensor, torch.ops.quantized.linear_dynamic_fp16(x, self._weight))
        flat = x.reshape(-1, x.shape[-1]).float()
        product: Tensor = torch.ops.quantized.linear_dynamic_fp16(flat, self._weight)
        return product.view(*x.shape[:-1], self.outputs).to(x.dtype)

    def unpacked(self) -> Tensor:
        """Return the weight [out, in] in float32."""
        weight: Tensor = torch.ops.quantized.linear_unpack_fp16(self._weight)[0]
        return weight.float()


class Int8(nn.Module):
    """Weights in 8 bits with one scale an output, input and output rounded to bfloat16: half the memory again."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        scale = weight.float().abs().amax(1).clamp_min(1e-12) / 127
        self.weight = (weight.float() / scale[:, None]).round().to(torch.int8)
        self.scale = scale.to(torch.bfloat16)
        self.bias = None if bias is None else bias.float()

    def forward(self, x: Tensor) -> Tensor:
        """Return x [..., in] W^T + b, [..., out]."""
        flat = x.reshape(-1, x.shape[-1]).to(torch.bfloat16)
        product = torch._weight_int8pack_mm(flat, self.weight, self.scale).to(x.dtype)
        if self.bias is not None:
            product += self.bias
        return product.view(*x.shape[:-1], self.weight.shape[0])


class Part(nn.Module):
    """One of the layers that were joined, for a model that calls it by itself."""

    def __init__(self, whole: nn.Module, start: int, stop: int) -> None:
        super().__init__()
        self.whole, self.start, self.stop = whole, start, stop

    def forward(self, x: Tensor) -> Tensor:
        """Return the part's own outputs [..., stop - start]."""
        outputs: Tensor = self.whole(x)
        return outputs[..., self.start : self.stop]


def project(weight: Tensor, bias: Tensor | None, format: Format) -> nn.Module:
    """Return a layer [out, in] in a format."""
    kind: dict[Format, type[Plain | Packed | Int8]] = {"plain": Plain, "packed": Packed, "int8": Int8}
    return kind[format](weight, bias)


def join(owner: nn.Module, names: Sequence[str], format: Format) -> nn.Module:
    """Make the named linear layers of a module into one, whose outputs are theirs in that order, and return it.

    The module goes on working: each name now holds its part, and the old weights are free.
    """
    layers = [getattr(owner, name) for name in names]
    bias = None
    if any(layer.bias is not None for layer in layers):
        bias = torch.cat([la.weight.new_zeros(la.out_features) if la.bias is None else la.bias.data for la in layers])
    weight = layers[0].weight.data if len(layers) == 1 else torch.cat([layer.weight.data for layer in layers])
    whole, start = project(weight, bias, format), 0
    for name, layer in zip(names, layers, strict=True):
        part = whole if len(layers) == 1 else Part(whole, start, start + layer.out_features)
        setattr(owner, name, part)
        start += layer.out_features
    return whole


def project_all(body: nn.Module, format: Format) -> None:
    """Put every linear layer of a model's body into a format."""
    for owner in list(body.modules()):
        for name, child in list(owner.named_children()):
            if isinstance(child, nn.Linear):
                join(owner, [name], format)
