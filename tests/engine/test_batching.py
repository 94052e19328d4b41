"""What a request gets does not depend on what runs beside it, and nothing lingers when it goes."""

from __future__ import annotations

import asyncio

import pytest

from tests.engine.asking import QUESTION, sample, samples
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import (
    Caller,
    ContextOverflow,
    EngineError,
    Generated,
    OutOfMemory,
    Prompt,
    Queued,
    Sampling,
    TokenBatch,
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


async def test_closing_the_iterator_frees_the_slots(tiny: LocalEngine) -> None:
    stream = tiny.generate([QUESTION], Sampling(max_tokens=300, temperature=1.0), n=4)
    async for event in stream:
        if isinstance(event, TokenBatch):
            break
    await stream.aclose()
    await sample(tiny, max_tokens=1)
    assert not tiny._worker.batch.members and not tiny._worker.requests and not tiny._worker.sent


async def test_cancelling_the_task_frees_the_slots(tiny: LocalEngine) -> None:
    begun = asyncio.Event()

    async def watch() -> None:
        async for _ in tiny.generate([QUESTION], Sampling(max_tokens=300, temperature=1.0), n=4):
            begun.set()

    task = asyncio.create_task(watch())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await sample(tiny, max_tokens=1)
    assert not tiny._worker.batch.members and not tiny._worker.requests


async def test_an_interactive_request_does_not_wait_for_the_background(tiny: LocalEngine) -> None:
    background = Caller(background=True)
    finished: list[str] = []

    async def work(name: str, caller: Caller, tokens: int) -> None:
        async for event in tiny.generate([QUESTION], Sampling(max_tokens=tokens, temperature=1.0), caller=caller):
            if isinstance(event, Generated):
                finished.append(name)

    load = [asyncio.create_task(work(f"background {i}", background, 40)) for i in range(40)]
    await asyncio.sleep(0)
    await work("interactive", Caller(), 5)
    assert finished[0] == "interactive"
    await asyncio.gather(*load)
    assert len(finished) == 41


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


async def test_a_context_that_overflows_is_refused_with_the_counts(tiny: LocalEngine) -> None:
    long = Prompt.user("word " * 20_000)
    count = tiny.count_tokens(long)
    with pytest.raises(ContextOverflow, match=f"{count:,} tokens.*512"):
        await sample(tiny, long, max_tokens=10)


async def test_running_out_of_memory_halves_the_batch_and_changes_no_text(
    tiny: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    whole = await samples(tiny, n=4, temperature=1.0, max_tokens=8, seed=1)
    step, calls = tiny._forward.step, []

    def short(tokens: list[int], lengths: list[int]) -> torch.Tensor:
        calls.append(len(tokens))
        if len(tokens) > 2:
            raise torch.OutOfMemoryError("no room")
        return step(tokens, lengths)

    monkeypatch.setattr(tiny._forward, "step", short)
    retried = await samples(tiny, n=4, temperature=1.0, max_tokens=8, seed=1)
    assert max(calls) > 2
    assert [s.trace.ids.tolist() for s in retried] == [s.trace.ids.tolist() for s in whole]


async def test_a_request_that_never_fits_fails_alone(tiny: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    def never(tokens: list[int], lengths: list[int]) -> torch.Tensor:
        raise torch.OutOfMemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(tiny._forward, "step", never)
        with pytest.raises(OutOfMemory, match="fewer samples"):
            await samples(tiny, n=2, temperature=1.0, max_tokens=8)
    assert (await sample(tiny, max_tokens=2, temperature=0.0)).trace.ids.shape == (2,)


async def test_a_failing_step_is_a_sentence_and_the_engine_lives_on(
    tiny: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(tokens: list[int], lengths: list[int]) -> None:
        raise RuntimeError("a kernel broke")

    with monkeypatch.context() as patch:
        patch.setattr(tiny._forward, "step", broken)
        with pytest.raises(EngineError, match="a kernel broke"):
            await samples(tiny, max_tokens=4)
    assert len(await samples(tiny, n=2, max_tokens=3)) == 2


async def test_closing_ends_what_runs_with_an_error(tiny: LocalEngine) -> None:
    stream = tiny.generate([QUESTION], Sampling(max_tokens=300, temperature=1.0))
    async for event in stream:
        if isinstance(event, TokenBatch):
            break
    await tiny.close()
    with pytest.raises(EngineError, match="closed"):
        async for _ in stream:
            pass
    with pytest.raises(EngineError, match="closed"):
        await sample(tiny)
