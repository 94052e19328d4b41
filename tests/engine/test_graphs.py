"""Steps of fixed shapes say what steps of any shape say; on a GPU they are captured, which is not run here."""

from __future__ import annotations

import asyncio

import pytest
import torch

from tests.engine.asking import samples
from tests.engine.small import SHORT, small
from tests.models import tiny
from webapp.engine.cache import BUCKET
from webapp.engine.forward import Forward
from webapp.engine.graphs import Graphs
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import Generated, Prompt, Sampling

LONG = Prompt.user("a long text " * 14)
SETTINGS = [
    {"temperature": 1.0},
    {"temperature": 0.0},
    {"temperature": 0.8, "top_p": 0.7},
    {"temperature": 1.0, "top_h": 0.4},
    {"temperature_grid": (0.5,)},
]


def with_shapes(engine: LocalEngine) -> Graphs:
    graphs = engine._worker.batch.graphs = Graphs(engine._forward, capture=False)  # type: ignore[arg-type]
    return graphs


async def everything(engine: LocalEngine) -> list[list[int]]:
    """Run rows of several requests, lengths and settings at once, some joining late."""

    async def ask(i: int, settings: dict, n: int) -> list[Generated]:
        return await samples(engine, (SHORT, LONG)[i % 2], n=n, max_tokens=6 + 5 * i, seed=i, **settings)

    done = await asyncio.gather(*(ask(i, settings, 1 + i % 3) for i, settings in enumerate(SETTINGS)))
    return [said.trace.ids.tolist() for group in done for said in group]


@pytest.mark.parametrize("slots", [1, 3, 8])
async def test_fixed_shapes_say_the_same(slots: int) -> None:
    async with small(slots) as engine:
        freely = await everything(engine)
        graphs = with_shapes(engine)
        assert await everything(engine) == freely
        assert all(length % BUCKET == 0 and rows <= slots for rows, length in graphs.shapes)


async def test_a_prompt_that_is_read_in_pieces_beside_a_fixed_shape_is_not_overwritten() -> None:
    async with small(8) as engine:
        alone = await samples(engine, LONG, n=1, temperature=1.0, max_tokens=8)
        with_shapes(engine)
        running = asyncio.create_task(samples(engine, SHORT, n=3, temperature=1.0, max_tokens=200))
        beside = [await samples(engine, LONG, n=1, temperature=1.0, max_tokens=8) for _ in range(3)]
        await running
        for [said] in beside:
            assert said.trace.ids.tolist() == alone[0].trace.ids.tolist()


@torch.inference_mode()
def test_buffers_that_grow_make_shapes_void() -> None:
    forward = Forward(tiny.model(), slots=8)
    graphs = Graphs(forward, capture=False)
    forward.chunk(0, list(range(100)), 0)
    sampling = Sampling(temperature=0.0)
    first = graphs.step([5], [100], [sampling], [0.5])
    again = graphs.step([5], [100], [sampling], [0.5])
    assert first.drawn.ids.tolist() == again.drawn.ids.tolist()
    assert list(graphs.shapes) == [(1, BUCKET)]
    before = graphs.shapes[1, BUCKET]
    forward.chunk(0, list(range(200)), 100)  # beyond the first bucket
    graphs.step([5], [300], [sampling], [0.5])
    assert list(graphs.shapes) == [(1, 2 * BUCKET)]
    assert before not in graphs.shapes.values()
