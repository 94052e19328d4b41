"""States inside the model against transformers' own, and heads that are silenced against arithmetic by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from tests.engine.asking import QUESTION
from tests.engine.small import SHORT, small
from tests.models import tiny
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import EngineError, SteerableEngine

DIGITS = [[str(digit)] for digit in range(10)]


@pytest.fixture(scope="module")
def whole(embedded_model: Path, engine: LocalEngine) -> PreTrainedModel:
    dtype = getattr(torch, engine.info.record.dtype)
    return AutoModelForCausalLM.from_pretrained(embedded_model, dtype=dtype, local_files_only=True).float().eval()


@torch.inference_mode()
def own_states(model: PreTrainedModel, ids: tuple[int, ...]) -> list[torch.Tensor]:
    return [states[0, -1] for states in model(torch.tensor([ids]), output_hidden_states=True).hidden_states]


async def test_a_state_is_the_one_of_transformers(engine: LocalEngine, whole: PreTrainedModel) -> None:
    assert isinstance(engine, SteerableEngine)
    assert "hidden" in engine.info.capabilities
    own = own_states(whole, engine.chat.ids(QUESTION))
    for layer in (0, 1, 15, 29):
        [state] = await engine.hidden([QUESTION], layer=layer)
        np.testing.assert_allclose(state, own[layer].numpy(), atol=2e-3, rtol=2e-3)


async def test_the_lens_after_the_last_layer_is_the_models_own_answer(
    engine: LocalEngine, whole: PreTrainedModel
) -> None:
    [masses] = await engine.lens([QUESTION], DIGITS)
    assert masses.shape == (31, 10)
    [chosen] = await engine.choose([QUESTION], DIGITS)
    assert masses[-1].tolist() == pytest.approx(chosen.masses, rel=1e-3)
    own = own_states(whole, engine.chat.ids(QUESTION))
    with torch.inference_mode():
        middle = whole.lm_head(whole.model.norm(own[12])).double().softmax(-1)
    expected = [float(middle[engine.tokenize(digit)[0]]) for [digit] in DIGITS]
    assert masses[12].tolist() == pytest.approx(expected, rel=2e-2, abs=1e-9)


async def test_one_head_alone_is_the_model_with_the_others_weights_zero() -> None:
    model = tiny.model()
    size = model.config.hidden_size // model.config.num_attention_heads
    with torch.no_grad():
        weight = model.model.layers[1].self_attn.o_proj.weight
        weight[:, : 2 * size] = 0
        weight[:, 3 * size :] = 0
    silenced = LocalEngine(model, tiny.tokenizer(), id="silenced")
    async with small() as engine:
        [masked] = await engine.lens([SHORT], [["a"], ["b"]], head=(1, 2))
        [by_hand] = await silenced.lens([SHORT], [["a"], ["b"]])
        [untouched] = await engine.lens([SHORT], [["a"], ["b"]])
    await silenced.close()
    np.testing.assert_allclose(masked, by_hand, rtol=1e-4)
    assert not np.allclose(masked[-1], untouched[-1], rtol=1e-4)
    np.testing.assert_allclose(masked[:2], untouched[:2], rtol=1e-4)


async def test_what_is_not_there_is_said(engine: LocalEngine) -> None:
    with pytest.raises(EngineError, match="30 layers, so there is no state after layer 31"):
        await engine.hidden([QUESTION], layer=31)
    with pytest.raises(EngineError, match="30 layers of 9 heads"):
        await engine.lens([QUESTION], DIGITS, head=(0, 9))
    with pytest.raises(EngineError, match=r"is [0-9]+ tokens for this model"):
        await engine.lens([QUESTION], [["Copenhagen harbour"]])
