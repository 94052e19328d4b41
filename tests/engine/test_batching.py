"""What a request gets does not depend on what runs beside it, and nothing lingers when it goes."""

from __future__ import annotations

import asyncio

import pytest

from tests.engine.asking import QUESTION, sample, samples
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import (
    EngineError,
    Prompt,
    Queued,
    Sampling,
)

OTHERS = [Prompt.user(text) for text in ("Hi.", "Name the largest ocean and explain how it was named. " * 4)]


async def test_the_same_seed_gives_the_same_text_whatever_else_is_in_the_batch(engine: LocalEngine) -> None:
    alone = await samples(engine, n=2, temperature=1.0, max_tokens=16, seed=4)
    beside = [samples(engine, prompt, n=3, temperature=1.3, max_tokens=9, seed=9) for prompt in OTHERS]
    crowded, *_ = await asyncio.gather(samples(engine, n=2, temperature=1.0, max_tokens=16, seed=4), *beside)
    assert [s.trace.ids.tolist() for s in crowded] == [s.trace.ids.tolist() for s in alone]


async def test_a_sample_is_keyed_by_its_number_and_not_by_its_place(engine: LocalEngine) -> None:
    three = await samples(engine, n=3, temperature=1.0, max_tokens=10, seed=6)
    last = await sample(engine, temperature=1.0, max_tokens=10, seed=6, first_sample=2)
    assert last.text == three[2].text


async def test_more_samples_than_slots_all_finish(tiny: LocalEngine) -> None:
    done = await samples(tiny, n=11, temperature=1.0, max_tokens=5)
    assert [s.sample for s in done] == list(range(11))


async def test_a_prompt_longer_than_a_chunk_is_read_whole(tiny: LocalEngine) -> None:
    long = Prompt.user("one two three four " * 80)
    assert tiny.count_tokens(long) > 300
    said = await sample(tiny, long, temperature=0.0, max_tokens=4)
    [scored] = await tiny.score([long], [said.trace.ids.tolist()])
    assert scored.logprob is not None and said.trace.logprob is not None
    assert scored.logprob.tolist() == pytest.approx(said.trace.logprob.tolist(), abs=1e-4)


async def test_who_waits_is_told_its_position(tiny: LocalEngine) -> None:
    positions: list[int] = []

    async def work() -> None:
        async for event in tiny.generate([QUESTION], Sampling(max_tokens=12, temperature=1.0), n=4):
            if isinstance(event, Queued):
                positions.append(event.position)

    await asyncio.gather(*(work() for _ in range(4)))
    assert max(positions) >= 1
    assert 0 in positions


@pytest.mark.parametrize(
    ("settings", "n", "said"),
    [
        ({}, 0, "number of samples"),
        ({"temperature": -1.0}, 1, "temperature is -1"),
        ({"top_p": 0.0}, 1, "Top-p"),
        ({"max_tokens": 0}, 1, "longest text"),
        ({"alternatives": 21}, 1, "alternatives"),
    ],
)
async def test_settings_that_mean_nothing_are_refused(tiny: LocalEngine, settings: dict, n: int, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        await samples(tiny, n=n, **settings)
