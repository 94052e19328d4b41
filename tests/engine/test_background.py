"""A person's first token comes after a few passes, whatever else the model is busy with; passes are counted."""

from __future__ import annotations

import asyncio

import pytest

from tests.engine.asking import samples
from tests.engine.small import SHORT, Watch, room, small, until
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import Caller, EngineEvent, Generated, Prompt, Queued, Sampling, TokenBatch
from webapp.engine.request import Request, Row
from webapp.engine.worker import BESIDE, CHUNK, PASS

BEHIND = Caller("batch", background=True)
OTHER = Prompt.user("Who?")
LONG = Prompt.user("a long text " * 14)


async def busy(engine: LocalEngine, n: int, tokens: int, prompt: Prompt = SHORT) -> list[asyncio.Task[int]]:
    """Start background requests and return once the first of them runs."""
    begun = asyncio.Event()

    async def work() -> int:
        done = 0
        async for event in engine.generate([prompt], Sampling(temperature=1.0, max_tokens=tokens), caller=BEHIND):
            done += isinstance(event, Generated)
            if isinstance(event, TokenBatch):
                begun.set()
        return done

    tasks = [asyncio.create_task(work()) for _ in range(n)]
    await begun.wait()
    return tasks


def passes_to_first_token(engine: LocalEngine, watch: Watch) -> list[tuple[str, int]]:
    """Return a list that will hold the passes between a person's request and its first token."""
    found: list[tuple[str, int]] = []
    submit = engine._worker.submit

    def noted(request: Request, rows: list[Row]) -> None:
        before, emit = len(watch.passes), request.emit

        def first(event: EngineEvent | Exception) -> None:
            if isinstance(event, TokenBatch) and not found:
                found.extend(watch.passes[before:])
            emit(event)

        request.emit = first
        submit(request, rows)

    engine._worker.submit = noted  # type: ignore[method-assign]
    return found


async def test_the_first_token_comes_within_a_few_passes_of_forty_background_requests() -> None:
    async with small(8) as engine:
        tasks = await busy(engine, 40, 60)
        watch = Watch(engine)
        passes = passes_to_first_token(engine, watch)
        await samples(engine, SHORT, temperature=1.0, max_tokens=3)
        # Its own prompt, and steps beside the half of the slots that background work may hold.
        assert 2 <= len(passes) <= 4
        assert max(size for name, size in passes if name == "step") <= 5
        for task in tasks:
            task.cancel()


async def test_so_it_does_where_memory_and_not_slots_is_what_the_background_has_taken() -> None:
    settings = {"temperature": 1.0, "max_tokens": 40, "seed": 3}
    async with small(8) as engine:
        [alone] = await samples(engine, OTHER, **settings)
    async with small(8, memory=room(3)) as engine:
        tasks = await busy(engine, 10, 60)
        other = asyncio.create_task(samples(engine, OTHER, caller=BEHIND, **settings))
        await until(lambda: len(engine._worker.batch.rows) == 3)
        watch = Watch(engine)
        passes = passes_to_first_token(engine, watch)
        await samples(engine, SHORT, n=3, temperature=1.0, max_tokens=3)
        assert 2 <= len(passes) <= 4
        assert max(size for name, size in watch.passes if name == "step") <= 3
        assert (await other)[0].trace.ids.tolist() == alone.trace.ids.tolist()
        assert await asyncio.gather(*tasks) == [1] * 10


async def test_forty_background_requests_all_end() -> None:
    async with small(8) as engine:
        assert await asyncio.gather(*await busy(engine, 40, 6)) == [1] * 40


async def test_a_person_gets_the_only_slot_and_the_background_text_goes_on_unchanged() -> None:
    settings = {"temperature": 1.0, "max_tokens": 40, "seed": 3}
    async with small(1) as engine:
        [alone] = await samples(engine, SHORT, **settings)
        watch, order = Watch(engine), []
        behind = asyncio.create_task(samples(engine, SHORT, caller=BEHIND, **settings))
        behind.add_done_callback(lambda _: order.append("background"))
        async with watch.held("step", 3):
            person = asyncio.create_task(samples(engine, OTHER, temperature=1.0, max_tokens=5))
            person.add_done_callback(lambda _: order.append("person"))
        [disturbed] = await behind
        assert order == ["person", "background"]
        assert disturbed.trace.ids.tolist() == alone.trace.ids.tolist()
        # It took its keys and values along: beside its own prompt only the person's was read.
        assert watch.tokens_read() == engine.count_tokens(SHORT) + engine.count_tokens(OTHER)


async def test_a_background_prompt_in_the_middle_of_being_read_lets_a_person_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("webapp.engine.worker.CHUNK", 4)  # the long prompt takes many turns
    async with small(4) as engine:
        watch, order = Watch(engine), []
        behind = asyncio.create_task(samples(engine, LONG, caller=BEHIND, temperature=1.0, max_tokens=1))
        behind.add_done_callback(lambda _: order.append("background"))
        async with watch.held("read", 3):
            person = asyncio.create_task(samples(engine, SHORT, temperature=1.0, max_tokens=1))
            person.add_done_callback(lambda _: order.append("person"))
        await behind
        assert order == ["person", "background"]
        assert watch.tokens_read() == engine.count_tokens(LONG) + engine.count_tokens(SHORT)  # nothing twice


async def test_a_long_queue_of_background_scoring_does_not_hold_up_a_text() -> None:
    async with small() as engine:
        watch = Watch(engine)
        queue = asyncio.create_task(engine.choose([LONG] * 100, [["A"], ["B"]], caller=BEHIND))
        async with watch.held("read", 2):
            text = asyncio.create_task(samples(engine, SHORT, temperature=1.0, max_tokens=6))
        await text
        # One short pass a step, and not the hundred texts first.
        steps = [i for i, (name, _) in enumerate(watch.passes) if name == "step"][:5]
        assert steps[-1] - steps[0] <= 2 * len(steps)
        assert {size for name, size in watch.passes[steps[0] : steps[-1]] if name == "read"} <= {*range(BESIDE + 1)}
        assert max(size for name, size in watch.passes if name == "read") <= PASS
        queue.cancel()


async def test_background_scoring_goes_on_beside_what_a_person_waits_for() -> None:
    async with small() as engine:
        watch = Watch(engine)
        text = asyncio.create_task(samples(engine, SHORT, n=40, temperature=1.0, max_tokens=200))
        await until(lambda: watch.count("step"))
        await engine.choose([LONG], [["A"], ["B"]], caller=BEHIND)
        assert not text.done()
        text.cancel()


async def test_a_persons_scoring_overtakes_the_background_queue() -> None:
    async with small() as engine:
        queue = asyncio.create_task(engine.choose([LONG] * 1000, [["A"], ["B"]], caller=BEHIND))
        await until(lambda: engine._worker.jobs.waiting)
        await engine.choose([SHORT], [["A"], ["B"]])
        await engine.embed(["a text"])
        assert not queue.done()
        queue.cancel()


async def test_background_requests_are_told_their_places() -> None:
    async with small(2) as engine:
        places: list[int] = []

        async def work() -> None:
            async for event in engine.generate([SHORT], Sampling(max_tokens=4), caller=BEHIND):
                if isinstance(event, Queued):
                    places.append(event.position)

        watch, first = Watch(engine), asyncio.create_task(work())
        async with watch.held("read", 1):
            others = [asyncio.create_task(work()) for _ in range(4)]
            await until(lambda: engine._worker.inbox.qsize() == 4)
        await asyncio.gather(first, *others)
        assert {0, 1, 2, 3} <= set(places)


def test_a_scoring_pass_is_no_longer_than_a_prompts() -> None:
    assert BESIDE < PASS <= CHUNK
