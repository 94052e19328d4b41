"""When memory runs out: half the batch, once more, and then only the request that is too big fails."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import torch

from tests.engine.asking import sample, samples
from tests.engine.small import SHORT, Watch, small, until
from webapp.engine.cache import BUCKET, SlotCache
from webapp.engine.device import ran_out_of_memory
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import EngineError, OutOfMemory, Prompt, Sampling, TokenBatch

DRAWN = {"temperature": 1.0, "max_tokens": 8, "seed": 1}
LONG = Prompt.user("a long text " * 14)


def limit(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch, fits: Callable[[list[int]], bool]) -> Watch:
    """Let a decode step run out of memory unless the lengths of its rows fit."""
    watch, step = Watch(engine), engine._forward.step

    def short(tokens: list[int], lengths: list[int]) -> torch.Tensor:
        logits = step(tokens, lengths)
        if not fits(lengths):
            raise torch.OutOfMemoryError("CUDA out of memory")
        return logits

    monkeypatch.setattr(engine._forward, "step", short)
    return watch


async def test_half_the_batch_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    async with small(4) as engine:
        whole = await samples(engine, SHORT, n=4, **DRAWN)
        watch = limit(engine, monkeypatch, lambda lengths: len(lengths) <= 2)
        retried = await samples(engine, SHORT, n=4, **DRAWN)
        sizes = [size for name, size in watch.passes if name == "step"]
        assert sizes[0] == 4 and max(sizes[1:]) == 2
        assert [s.trace.ids.tolist() for s in retried] == [s.trace.ids.tolist() for s in whole]


async def test_a_shortage_in_the_middle_keeps_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async with small(4) as engine:
        whole = await samples(engine, SHORT, n=6, **DRAWN)
        calls = []
        limit(engine, monkeypatch, lambda lengths: calls.append(1) or len(calls) != 5)
        streamed: dict[int, list[int]] = {}
        async for event in engine.generate([SHORT], Sampling(**DRAWN), n=6):  # type: ignore[arg-type]
            if isinstance(event, TokenBatch):
                assert event.start == len(streamed.setdefault(event.sample, []))  # nothing is sent twice
                streamed[event.sample] += event.trace.ids.tolist()
        assert [streamed[i] for i in range(6)] == [s.trace.ids.tolist() for s in whole]


async def test_the_batch_is_whole_again_when_there_was_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    async with small(4) as engine:
        with monkeypatch.context() as patch:
            limit(engine, patch, lambda lengths: len(lengths) <= 2)
            await samples(engine, SHORT, n=4, **DRAWN)
        await until(lambda: engine._worker.scheduler.slots == 4)
        watch = Watch(engine)
        await samples(engine, SHORT, n=4, **DRAWN)
        assert max(size for name, size in watch.passes if name == "step") == 4


async def test_a_request_that_never_fits_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async with small(4) as engine:
        limit(engine, monkeypatch, lambda lengths: max(lengths) < 60)
        asked = [samples(engine, p, **DRAWN) for p in (SHORT, LONG, SHORT)]
        first, second, third = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(second, OutOfMemory) and "fewer samples or a shorter text" in str(second)
        assert not isinstance(first, BaseException) and not isinstance(third, BaseException)


async def test_memory_that_runs_out_while_a_prompt_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    async with small(4) as engine:
        chunk = engine._forward.chunk

        def short(slot: int, ids: list[int], start: int) -> torch.Tensor:
            if len(ids) > 100:
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
            return chunk(slot, ids, start)

        monkeypatch.setattr(engine._forward, "chunk", short)
        with pytest.raises(OutOfMemory):
            await samples(engine, LONG, **DRAWN)
        assert len(await samples(engine, SHORT, n=2, **DRAWN)) == 2


@pytest.mark.parametrize("call", ["score", "choose", "embed"])
@pytest.mark.parametrize("shortages", [1, 2])
async def test_scoring_is_tried_once_more(call: str, shortages: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async with small() as engine:
        read, left = engine._forward.read, [None] * shortages

        def short(*args: object) -> torch.Tensor:
            if left:
                left.pop()
                raise torch.OutOfMemoryError("CUDA out of memory")
            return read(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(engine._forward, "read", short)
        arguments = {"score": ([SHORT], [[5]]), "choose": ([SHORT], [["A"], ["B"]]), "embed": (["a"],)}[call]
        if shortages == 1:
            assert len(await getattr(engine, call)(*arguments)) == 1
        else:
            with pytest.raises(OutOfMemory, match="ran out of memory"):
                await getattr(engine, call)(*arguments)


async def test_without_memory_to_keep_a_prompt_it_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with small(1) as engine:
        whole = await samples(engine, SHORT, n=3, **DRAWN)

        def full(self: object, slot: int, length: int) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory")

        monkeypatch.setattr("webapp.engine.cache.SlotCache.take", full)
        watch = Watch(engine)
        again = await samples(engine, SHORT, n=3, **DRAWN)
        assert watch.tokens_read() == 3 * engine.count_tokens(SHORT)
        assert [s.text for s in again] == [s.text for s in whole]


@pytest.mark.parametrize("where", ["step", "chunk"])
async def test_any_other_failure_is_a_sentence_and_the_engine_lives_on(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with small(4) as engine:

        def broken(*args: object) -> None:
            raise RuntimeError("a kernel broke")

        with monkeypatch.context() as patch:
            patch.setattr(engine._forward, where, broken)
            patch.setattr(engine._forward.cache.__class__, "copy", broken)  # clearing up must not need the device
            asked = [samples(engine, SHORT, n=3, **DRAWN) for _ in range(3)]
            ended = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(e, EngineError) for e in ended)
        assert any("The model failed while generating: a kernel broke" in str(e) for e in ended)
        assert len(await samples(engine, SHORT, n=3, **DRAWN)) == 3


async def test_output_that_is_not_a_number_is_refused_and_not_recorded() -> None:
    async with small() as engine:
        engine._forward.head.project.weight.fill_(torch.nan)
        with pytest.raises(EngineError, match="not a number"):
            await sample(engine, SHORT, **DRAWN)


async def test_buffers_hold_no_more_rows_and_tokens_than_were_needed_and_none_when_idle() -> None:
    async with small(4) as engine:
        shapes = []
        async for event in engine.generate([SHORT], Sampling(temperature=1.0, max_tokens=30)):
            if isinstance(event, TokenBatch) and engine._forward.cache.slot_layers[0].is_initialized:
                shapes.append(tuple(engine._forward.cache.slot_layers[0].keys.shape))
        assert shapes[0][0] == 1 and shapes[0][2] == BUCKET
        await until(lambda: not engine._forward.cache.slot_layers[0].is_initialized)


async def test_scoring_a_long_text_projects_few_positions_at_once() -> None:
    async with small() as engine:
        inner, sizes = engine._forward.logits, []
        engine._forward.logits = lambda hidden: sizes.append(hidden.shape[0]) or inner(hidden)  # type: ignore
        ids = [i % 250 + 3 for i in range(200)]
        [trace] = await engine.score([SHORT], [ids])
        assert trace.ids.tolist() == ids and len(sizes) >= 2 and max(sizes) <= 128


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (MemoryError(), True),
        (RuntimeError("[enforce fail] . DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"), True),
        (RuntimeError("shape mismatch"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_a_full_device_is_known_by_what_it_says(error: Exception, full: bool) -> None:
    assert ran_out_of_memory(error) is full


async def test_short_texts_end_while_the_next_prompts_are_still_to_be_read() -> None:
    async with small(8) as engine:
        prompts = [Prompt.user(f"Say {i}.") for i in range(5)]
        asked = [sample(engine, prompt, temperature=1.0, max_tokens=2, seed=i) for i, prompt in enumerate(prompts)]
        assert all(len(done.trace) <= 2 for done in await asyncio.gather(*asked))


@pytest.mark.parametrize("error", [RuntimeError("broken"), torch.OutOfMemoryError("CUDA out of memory")])
async def test_a_failure_while_a_row_is_moved_still_answers_its_request(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(cache: SlotCache, source: int, target: int, length: int) -> None:
        raise error

    async with small(4) as engine:
        with monkeypatch.context() as patch:
            patch.setattr(SlotCache, "copy", broken)
            watch = Watch(engine)
            short = asyncio.create_task(samples(engine, SHORT, n=1, temperature=1.0, max_tokens=5))
            async with watch.held("step", 1):  # so that the longer text stands behind the short one when that ends
                longer = asyncio.create_task(samples(engine, LONG, n=1, temperature=1.0, max_tokens=8))
            done = await asyncio.wait_for(asyncio.gather(short, longer, return_exceptions=True), 60)
        assert any(isinstance(answer, EngineError) for answer in done)
        assert len(await samples(engine, SHORT, n=2, **DRAWN)) == 2
