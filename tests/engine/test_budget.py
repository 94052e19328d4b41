"""Rows wait for memory instead of running out of it."""

from __future__ import annotations

import asyncio

import pytest
import torch

from tests.engine.asking import samples
from tests.engine.small import SHORT, TOKEN, WEIGHTS, Watch, room, small
from tests.models import tiny
from webapp.engine.cache import BUCKET
from webapp.engine.local import LocalEngine
from webapp.engine.memory import weight_bytes
from webapp.engine.projection import packs
from webapp.engine.protocol import EngineError, Prompt

DRAWN = {"temperature": 1.0, "max_tokens": 20, "seed": 1}


async def test_rows_wait_for_room_and_say_the_same() -> None:
    async with small(8) as engine:
        whole = await samples(engine, SHORT, n=8, **DRAWN)
    async with small(8, memory=room(3)) as engine:
        watch = Watch(engine)
        waited = await samples(engine, SHORT, n=8, **DRAWN)
        assert max(size for name, size in watch.passes if name == "step") == 3
    assert [s.trace.ids.tolist() for s in waited] == [s.trace.ids.tolist() for s in whole]


async def test_the_buffers_stay_within_what_was_told() -> None:
    async with small(8, remembers=True, memory=room(4)) as engine:
        most = 0
        step = engine._forward.step

        def measured(*args: list[int]) -> torch.Tensor:
            nonlocal most
            logits = step(*args)
            layers = engine._forward.cache.slot_layers
            most = max(most, sum(layer.keys.nbytes + layer.values.nbytes for layer in layers))
            return logits

        engine._forward.step = measured  # type: ignore[method-assign]
        await asyncio.gather(*(samples(engine, SHORT, n=4, **DRAWN) for _ in range(3)))
        kept = sum(len(text) for text in engine._forward.prefixes.texts) * TOKEN
    assert 0 < most + kept <= room(4) - WEIGHTS


async def test_a_text_that_never_has_room_is_refused_with_both_numbers() -> None:
    async with small(4, memory=room(2)) as engine:
        engine._memory = type(engine._memory)(BUCKET, TOKEN)  # as if even less were left
        with pytest.raises(EngineError, match=r"A text of up to 43 tokens needs 0.00 GB beside the model.*--memory"):
            await samples(engine, SHORT, n=1, **DRAWN)
        with pytest.raises(EngineError, match="--memory"):
            await engine.choose([Prompt.user("x" * 90)], [["a"], ["b"]])


def test_a_model_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(EngineError, match=r"The weights take .* leaves too little"):
        LocalEngine(tiny.model(), tiny.tokenizer(), id="big", memory=WEIGHTS + BUCKET * TOKEN)


@pytest.mark.skipif(not packs(), reason="this build of PyTorch has no kernels for packed weights: no x86 CPU")
def test_packed_copies_count_as_weights() -> None:
    model = tiny.model().half()
    head = model.lm_head.weight.numel()
    others = sum(p.numel() for p in model.parameters())
    assert weight_bytes(model, "plain") == 2 * others + 4 * head  # the output projection is in float32
    assert weight_bytes(model, "packed") == 2 * others + 2 * head
    assert weight_bytes(model, "int8") == others + 2 * head
