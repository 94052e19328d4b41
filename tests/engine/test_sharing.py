"""A prompt is read once, however its samples come to their slots."""

from __future__ import annotations

import asyncio

import pytest

from tests.engine.asking import samples
from tests.engine.small import SHORT, Watch, small
from webapp.engine.protocol import Generated, Prompt, Sampling

OTHER = Prompt.user("Is it so?")


@pytest.mark.parametrize(("n", "slots", "tokens"), [(4, 4, 6), (9, 4, 6), (5, 1, 3), (8, 4, 1)])
async def test_the_samples_of_a_prompt_share_one_reading(n: int, slots: int, tokens: int) -> None:
    async with small(slots) as engine:
        alone = [await samples(engine, SHORT, temperature=1.0, max_tokens=tokens, first_sample=i) for i in range(n)]
        watch = Watch(engine)
        together = await samples(engine, SHORT, n=n, temperature=1.0, max_tokens=tokens)
        assert watch.tokens_read() == engine.count_tokens(SHORT)
        assert [s.trace.ids.tolist() for s in together] == [one.trace.ids.tolist() for [one] in alone]


async def test_samples_that_all_fit_begin_with_one_step() -> None:
    async with small(4) as engine:
        watch = Watch(engine)
        await samples(engine, SHORT, n=4, temperature=1.0, max_tokens=3)
        assert watch.passes == [("read", engine.count_tokens(SHORT)), ("step", 4), ("step", 4)]


async def test_several_prompts_of_a_call_are_each_read_once() -> None:
    async with small(2) as engine:
        watch = Watch(engine)
        stream = engine.generate([SHORT, OTHER], Sampling(temperature=1.0, max_tokens=4), n=3)
        done = [(e.prompt, e.sample) async for e in stream if isinstance(e, Generated)]
        assert sorted(done) == [(p, s) for p in range(2) for s in range(3)]
        assert watch.tokens_read() == engine.count_tokens(SHORT) + engine.count_tokens(OTHER)


async def test_requests_of_different_runs_share_the_steps() -> None:
    async with small(4) as engine:
        watch = Watch(engine)
        asked = [samples(engine, p, n=2, temperature=1.0, max_tokens=30) for p in (SHORT, OTHER)]
        await asyncio.gather(*asked)
        assert watch.count("step") < 2 * 29
        assert max(size for name, size in watch.passes if name == "step") == 4


async def test_a_kept_prompt_is_dropped_with_its_last_sample() -> None:
    async with small(1) as engine:
        stream = engine.generate([SHORT], Sampling(temperature=1.0, max_tokens=2), n=3)
        kept = []
        async for event in stream:
            if isinstance(event, Generated):
                kept.append([r.prompt.kept is not None for r in engine._worker.batch.members])
        assert not any(any(k) for k in kept[2:])


async def test_choosing_reads_the_prompt_once_for_all_options() -> None:
    async with small() as engine:
        watch = Watch(engine)
        await engine.choose([SHORT], [["yes", "certainly"], ["no", "never"]])
        own = sum(len(engine.tokenize(v)) - 1 for v in ("yes", "certainly", "no", "never"))
        assert watch.tokens_read() == engine.count_tokens(SHORT) + own
