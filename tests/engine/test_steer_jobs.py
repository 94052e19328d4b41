"""Steered texts beside other work: whose turn it is, what memory they hold, and what ends them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
import torch

from tests.engine.asking import samples
from tests.engine.small import SHORT, Watch, small, until
from tests.engine.steered import Told, policies_of_tests, steered, texts, unsteered
from tests.engine.test_architectures import SLOW
from tests.engine.test_budget import room
from tests.engine.test_cancel import empty
from tests.models import tiny
from webapp.engine.cache import BUCKET
from webapp.engine.local import LocalEngine
from webapp.engine.policies.settings import Unsteered
from webapp.engine.protocol import Caller, EngineError, OutOfMemory, Prompt, Sampling, TokenBatch
from webapp.engine.scoring import Passes
from webapp.engine.walk import Walk

DRAWN = {"temperature": 1.0, "max_tokens": 40, "seed": 1}


@pytest.fixture(autouse=True)
def told() -> Iterator[None]:
    with policies_of_tests():
        yield


class Turns(Watch):
    """Watches the passes of walks too: ("advance", rows)."""

    def __init__(self, engine: LocalEngine) -> None:
        super().__init__(engine)
        self._wrap("advance", lambda cache, inputs, first, length: ("advance", inputs.shape[0]))


async def test_a_walk_and_the_running_batch_take_turns() -> None:
    async with small() as engine:
        alone = await samples(engine, SHORT, n=2, **DRAWN)
        turns = Turns(engine)
        drawn, ours = await asyncio.gather(samples(engine, SHORT, n=2, **DRAWN), unsteered(engine, SHORT, 3, **DRAWN))
    order = [name for name, _ in turns.passes if name != "read"]
    both = order[order.index("advance") : max(i for i, name in enumerate(order) if name == "step")]
    assert both.count("step") > 20 and abs(both.count("step") - both.count("advance")) <= 2
    assert [t.trace.ids.tolist() for t in drawn] == [t.trace.ids.tolist() for t in alone]
    assert [t.trace.ids.tolist() for t in ours[:2]] == [t.trace.ids.tolist() for t in alone]


async def test_two_people_take_turns_and_background_work_comes_after_them() -> None:
    async with small() as engine:
        turns = Turns(engine)

        async def walk(rows: int, caller: Caller) -> None:
            async for _ in engine.steer([SHORT], Unsteered(), Sampling(**DRAWN), n=rows, caller=caller):  # type: ignore[arg-type]
                pass

        callers = [Caller("a"), Caller("b"), Caller("c", background=True)]
        async with asyncio.TaskGroup() as group:
            for rows, caller in enumerate(callers, start=1):
                group.create_task(walk(rows, caller))
    sizes = [rows for name, rows in turns.passes if name == "advance"]
    shared = sizes[sizes.index(2) : len(sizes) - sizes[::-1].index(1)]
    assert max(len(run) for run in "".join(map(str, shared)).split("2")) <= 1, "a's passes are never two in a row"
    assert sizes.index(3) > len(sizes) - 1 - sizes[::-1].index(2)


async def test_many_rows_of_background_work_are_read_a_few_at_a_time_while_a_person_waits() -> None:
    async with small(4) as engine:
        turns = Turns(engine)
        background = Caller(background=True)

        async def walk() -> None:
            async for _ in engine.steer([SHORT], Unsteered(), Sampling(**DRAWN), n=40, caller=background):  # type: ignore[arg-type]
                pass

        await asyncio.gather(walk(), samples(engine, SHORT, n=2, **DRAWN))
    sizes = {rows for name, rows in turns.passes if name == "advance"}
    assert {32, 8} <= sizes <= {40, 32, 8}


async def test_closing_the_iterator_ends_the_walk() -> None:
    async with small() as engine:
        stream = engine.steer([SHORT], Unsteered(), Sampling(temperature=1.0, max_tokens=220), n=3)
        async for event in stream:
            if isinstance(event, TokenBatch):
                break
        await stream.aclose()  # type: ignore[attr-defined]
        await until(lambda: empty(engine))
        assert texts(await steered(engine, Unsteered(), SHORT, **DRAWN))


async def test_a_walk_ends_at_its_next_pass_after_a_stop() -> None:
    async with small() as engine:
        turns = Turns(engine)
        task = asyncio.create_task(unsteered(engine, SHORT, 2, **DRAWN))
        async with turns.held("advance", 5):
            task.cancel()
            engine._worker.put(lambda: None)
        await until(lambda: empty(engine))
        assert turns.count("advance") == 5


async def test_closing_the_model_ends_the_walk_with_a_sentence() -> None:
    async with small() as engine:
        task = asyncio.create_task(unsteered(engine, SHORT, **DRAWN | {"max_tokens": 200}))
        await until(lambda: engine._worker.jobs.waiting)
        await engine.close()
        with pytest.raises(EngineError, match="model was closed"):
            await task


async def test_walks_wait_for_room_and_what_was_remembered_gives_way() -> None:
    memory = room(8)  # 16 buckets, a quarter of them for walks
    async with small(4, remembers=True, memory=memory) as engine:
        assert engine._memory.walked == 4 * BUCKET
        long = Prompt.user("a long text " * 12)
        await samples(engine, long, **DRAWN)
        remembered = sum(map(len, engine._forward.prefixes.texts))
        turns, lent, held = Turns(engine), list[int](), list[int]()

        def watched(walk: Walk) -> Passes[None]:
            yield from walk.read()
            while walk.running:
                lent.append(engine._forward.prefixes.lent)
                held.append(sum(job.holds for job in engine._worker.jobs.waiting if job.passes is not None))
                walk.append(walk.draw())
                yield from walk.advance()

        done = await asyncio.gather(*(steered(engine, Told(watched), SHORT, 3, **DRAWN) for _ in range(3)))
        assert all(len(texts(events)) == 3 for events in done)
        assert set(held) == {3 * BUCKET} and set(lent) == {3 * BUCKET}
        assert engine._forward.prefixes.lent == 0 and remembered > 0
        assert turns.count("advance") == 3 * 39


async def test_a_walk_that_never_has_room_is_refused() -> None:
    async with small(4, memory=room(8)) as engine:
        with pytest.raises(EngineError, match=r"5 texts of up to 63 tokens need 0.00 GB .* ask for fewer or shorter"):
            await unsteered(engine, SHORT, 5, **DRAWN)
        with pytest.raises(EngineError, match="6 texts"):
            await steered(engine, Unsteered(), [SHORT, SHORT], 3, **DRAWN)


def short_of_memory(engine: LocalEngine, name: str, when: Callable[[int], bool], patch: pytest.MonkeyPatch) -> None:
    """Let a kind of pass run out of memory, by its number."""
    inner, calls = getattr(engine._forward, name), []

    def short(*args: object) -> torch.Tensor:
        calls.append(1)
        if when(len(calls)):
            raise torch.OutOfMemoryError("CUDA out of memory")
        result: torch.Tensor = inner(*args)
        return result

    patch.setattr(engine._forward, name, short)


async def test_a_shortage_before_the_first_token_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with small() as engine:
        whole = await unsteered(engine, SHORT, 2, **DRAWN)
        short_of_memory(engine, "read", lambda number: number == 1, monkeypatch)
        again = await unsteered(engine, SHORT, 2, **DRAWN)
    assert [t.trace.ids.tolist() for t in again] == [t.trace.ids.tolist() for t in whole]


@pytest.mark.parametrize(("name", "number"), [("advance", 4), ("read", 1)])
async def test_one_that_lasts_or_comes_later_fails_the_walk_alone(
    monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    async with small(remembers=True, memory=room(64)) as engine:
        with monkeypatch.context() as patch:
            short_of_memory(engine, name, lambda count: count >= number, patch)
            with pytest.raises(OutOfMemory, match="fewer samples or a shorter text"):
                await unsteered(engine, SHORT, 2, **DRAWN)
        assert empty(engine) and engine._forward.prefixes.lent == 0
        assert len(await unsteered(engine, SHORT, 2, **DRAWN)) == 2


async def test_a_model_of_no_numbers_is_told_in_a_sentence() -> None:
    async with small() as engine:
        engine._forward.head.scale = float("nan")
        with pytest.raises(EngineError, match=r"not a number.*--dtype float32"):
            await unsteered(engine, SHORT, **DRAWN)


async def test_an_error_of_a_policy_is_told_and_harms_nobody() -> None:
    def broken(walk: Walk) -> Passes[None]:
        yield from walk.read()
        raise ValueError("out of luck")

    async with small() as engine:
        failed, drawn = await asyncio.gather(
            steered(engine, Told(broken), SHORT, **DRAWN), samples(engine, SHORT, **DRAWN), return_exceptions=True
        )
        assert isinstance(failed, EngineError) and "out of luck" in str(failed)
        assert not isinstance(drawn, BaseException) and empty(engine)


@pytest.mark.parametrize("name", SLOW)
async def test_a_model_that_is_driven_the_slow_way_says_that_it_cannot(name: str) -> None:
    engine = LocalEngine(SLOW[name](264), tiny.tokenizer(), id=name)
    assert not {"steer", "vectors", "gradient"} & engine.info.capabilities
    with pytest.raises(EngineError, match="cannot steer"):
        await unsteered(engine, SHORT, **DRAWN)
    await engine.close()
