"""Whoever goes takes nothing with them and leaves nothing behind."""

from __future__ import annotations

import asyncio

import pytest

from tests.engine.asking import samples
from tests.engine.small import SHORT, Watch, small, until
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import EngineError, Prompt, Sampling, TokenBatch

ENDLESS = Sampling(temperature=1.0, max_tokens=220)
LONG = Prompt.user("a long text " * 14)


def empty(engine: LocalEngine) -> bool:
    worker = engine._worker
    left = (worker.batch.members, worker.scheduler.waiting, worker.requests, worker.sent, worker.jobs.waiting)
    return not any(left)


async def test_slots_are_free_at_the_next_step_after_a_stop() -> None:
    async with small(4) as engine:
        watch = Watch(engine)
        task = asyncio.create_task(samples(engine, SHORT, n=4, temperature=1.0, max_tokens=220))
        async with watch.held("step", 5):
            task.cancel()
        await until(lambda: empty(engine))
        assert watch.count("step") == 5


async def test_closing_the_iterator_frees_the_slots() -> None:
    async with small(4) as engine:
        stream = engine.generate([SHORT], ENDLESS, n=4)
        async for event in stream:
            if isinstance(event, TokenBatch):
                break
        await stream.aclose()  # type: ignore[attr-defined]
        await until(lambda: empty(engine))


@pytest.mark.parametrize("gone", [0, 1, 2, 3])
async def test_the_others_go_on_unchanged_when_one_leaves_the_batch(gone: int) -> None:
    async with small(4) as engine:
        prompts = [Prompt.user(text) for text in ("a", "bb", "ccc", "dddd")]
        alone = [await samples(engine, p, temperature=1.0, max_tokens=60) for p in prompts]
        watch = Watch(engine)
        tasks = [asyncio.create_task(samples(engine, p, temperature=1.0, max_tokens=60)) for p in prompts]
        await until(lambda: ("step", 4) in watch.passes)
        tasks[gone].cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        for i, (found, [expected]) in enumerate(zip(done, alone, strict=True)):
            if i != gone:
                assert not isinstance(found, BaseException)
                assert found[0].trace.ids.tolist() == expected.trace.ids.tolist()


async def test_a_request_is_dropped_while_it_waits_and_while_its_prompt_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("webapp.engine.worker.CHUNK", 2)
    async with small(2) as engine:
        watch = Watch(engine)
        tasks = [asyncio.create_task(samples(engine, LONG, n=3, max_tokens=4)) for _ in range(3)]
        await until(lambda: watch.passes)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await until(lambda: empty(engine))


async def test_whoever_goes_before_the_request_was_handed_over_starts_nothing() -> None:
    async with small() as engine:
        watch = Watch(engine)
        tasks = [asyncio.create_task(samples(engine, SHORT, max_tokens=4)) for _ in range(20)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await until(lambda: empty(engine))
        assert watch.count("step") <= 3


async def test_scoring_that_nobody_waits_for_is_given_up() -> None:
    async with small() as engine:
        watch = Watch(engine)
        task = asyncio.create_task(engine.choose([LONG] * 2000, [["A"], ["B"]]))
        await until(lambda: watch.passes)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: empty(engine))
        assert len(watch.passes) < 2000


async def test_closing_ends_what_waits_and_what_is_scored() -> None:
    async with small(1) as engine:
        asked = [asyncio.create_task(samples(engine, SHORT, n=3, max_tokens=200)) for _ in range(3)]
        asked.append(asyncio.create_task(engine.choose([LONG] * 500, [["A"], ["B"]])))  # type: ignore[arg-type]
        await until(lambda: engine._worker.batch.members and engine._worker.jobs.waiting)
        await engine.close()
        ended = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 30)
        assert all(isinstance(e, EngineError) and "closed" in str(e) for e in ended)
        assert empty(engine)


async def test_a_request_on_its_way_while_the_engine_closes_is_answered() -> None:
    async with small() as engine:
        asked = [asyncio.create_task(samples(engine, SHORT, max_tokens=100)) for _ in range(8)]
        await asyncio.sleep(0)
        await engine.close()
        ended = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 30)
        assert all(isinstance(e, EngineError) for e in ended)
        with pytest.raises(EngineError, match="closed"):
            await engine.embed(["late"])


async def test_closing_twice_is_no_matter() -> None:
    async with small() as engine:
        await engine.close()
        await engine.close()
