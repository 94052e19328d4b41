"""Linear layers in other formats give the product of the weights they hold, alone and joined."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from tests.engine.asking import QUESTION, sample
from webapp.engine.device import place
from webapp.engine.local import LocalEngine
from webapp.engine.projection import Format, Int8, OutOfRange, Packed, join, packs

needs_packing = pytest.mark.skipif(not packs(), reason="this PyTorch has no packed kernels: it is not an x86 CPU")


class Owner(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.a, self.b = nn.Linear(64, 32, bias=True), nn.Linear(64, 48, bias=False)


@pytest.mark.parametrize(
    ("format", "within"), [("plain", 1e-6), pytest.param("packed", 1e-3, marks=needs_packing), ("int8", 2e-2)]
)
@pytest.mark.parametrize("shape", [(64,), (3, 64), (2, 5, 64), (0, 64)])
def test_joined_layers_are_the_layers_beside_each_other(format: Format, within: float, shape: tuple) -> None:
    owner, x = Owner(), torch.randn(*shape)
    with torch.inference_mode():
        apart = owner.a(x), owner.b(x)
        whole = join(owner, ["a", "b"], format)
        assert torch.allclose(whole(x), torch.cat(apart, -1), atol=within)
        for part, before in zip((owner.a(x), owner.b(x)), apart, strict=True):
            assert part.shape == before.shape
            assert torch.allclose(part, before, atol=within)


@needs_packing
def test_packed_is_the_product_of_the_rounded_weights_and_nothing_else() -> None:
    layer, x = nn.Linear(512, 256), torch.randn(8, 512)
    with torch.inference_mode():
        packed = Packed(layer.weight, layer.bias)
        exact = x.double() @ layer.weight.half().double().T + layer.bias.double()
        assert torch.allclose(packed(x).double(), exact, atol=1e-5)
        assert torch.equal(packed.unpacked(), layer.weight.half().float())


@needs_packing
def test_a_weight_beyond_float16_is_refused() -> None:
    with pytest.raises(OutOfRange):
        Packed(torch.tensor([[70_000.0, 0.0]]), None)


def test_int8_rounds_each_output_to_127_steps() -> None:
    weight = torch.tensor([[127.0, -64.0, 1.4], [0.0, 0.0, 0.0]])
    layer = Int8(weight, None)
    assert layer.weight.tolist() == [[127, -64, 1], [0, 0, 0]]


@needs_packing
def test_a_cpu_that_packs_takes_float16_unless_told_otherwise() -> None:
    assert (place("cpu").dtype, place("cpu").format) == (torch.float16, "packed")
    assert (place("cpu", "float32").dtype, place("cpu", "float32").format) == (torch.float32, "plain")
    assert (place("cpu", "int8").dtype, place("cpu", "int8").format) == (torch.float16, "int8")


async def test_int8_is_said_in_the_record_and_is_near_the_whole(engine: LocalEngine, embedded_model: Path) -> None:
    small = LocalEngine.from_pretrained(embedded_model, device="cpu", dtype="int8", max_batch=2)
    assert small.info.record.dtype == "int8"
    assert "int8 weights" in small.info.record.kernel
    said = await sample(engine, max_tokens=12, temperature=0.0)
    [scored] = await small.score([QUESTION], [said.trace.ids.tolist()])
    await small.close()
    assert scored.logprob is not None and said.trace.logprob is not None
    assert abs(float(scored.logprob.mean() - said.trace.logprob.mean())) < 0.3
    assert not (scored.logprob == said.trace.logprob).all()
