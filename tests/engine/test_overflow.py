"""What does not fit the model's context is refused before it runs, with the counts; and what means nothing."""

from __future__ import annotations

import pytest

from tests.engine.asking import sample, samples
from tests.engine.small import CONTEXT, SHORT, Watch, small
from webapp.engine.protocol import ContextOverflow, EngineError, Prompt, Sampling

HUGE = Prompt.user("word " * 400)


async def test_prompt_and_new_tokens_must_fit_together() -> None:
    async with small() as engine:
        count = engine.count_tokens(SHORT)
        assert (
            len((await sample(engine, SHORT, max_tokens=CONTEXT - count, temperature=1.0)).trace) == CONTEXT - count
        )
        with pytest.raises(ContextOverflow, match=f"takes {count} tokens; with {CONTEXT - count + 1} .* {CONTEXT}"):
            await sample(engine, SHORT, max_tokens=CONTEXT - count + 1)


async def test_a_prefix_counts_as_prompt() -> None:
    async with small() as engine:
        prompt = SHORT.continuing([5] * 200)
        with pytest.raises(ContextOverflow, match=f"takes {engine.count_tokens(SHORT) + 200} tokens"):
            await sample(engine, prompt, max_tokens=100)


async def test_one_long_prompt_among_short_ones_is_enough() -> None:
    async with small() as engine:
        stream = engine.generate([SHORT, HUGE], Sampling(max_tokens=1))
        with pytest.raises(ContextOverflow, match=f"{engine.count_tokens(HUGE):,} tokens"):
            await anext(stream)


async def test_scoring_choosing_and_embedding_refuse_with_the_counts_and_run_nothing() -> None:
    async with small() as engine:
        watch, count = Watch(engine), engine.count_tokens(HUGE)
        with pytest.raises(ContextOverflow, match=f"{count + 2:,} tokens, more than the {CONTEXT}"):
            await engine.score([HUGE], [[5, 6]])
        with pytest.raises(ContextOverflow, match=f"{count + 1:,} tokens"):
            await engine.choose([SHORT, HUGE], [["A"], ["B"]])
        with pytest.raises(ContextOverflow, match="2,000 tokens"):
            await engine.embed(["fine", "!" * 2000])
        assert not watch.passes


async def test_a_text_that_just_fits_is_scored() -> None:
    async with small() as engine:
        room = CONTEXT - engine.count_tokens(SHORT)
        [trace] = await engine.score([SHORT], [[7] * room])
        assert len(trace) == room and trace.logprob is not None


@pytest.mark.parametrize("options", [[], [[]], [["A"], [""]], [["A", ""], ["B"]]])
async def test_an_empty_option_is_refused_and_not_certain(options: list[list[str]]) -> None:
    async with small() as engine:
        with pytest.raises(EngineError, match="option to choose from is empty"):
            await engine.choose([SHORT], options)


async def test_more_alternatives_than_are_kept_are_refused_in_scoring_too() -> None:
    async with small() as engine:
        with pytest.raises(EngineError, match="21 alternatives"):
            await engine.score([SHORT], [[5]], alternatives=21)


async def test_nothing_asked_is_nothing_answered() -> None:
    async with small() as engine:
        assert [e async for e in engine.generate([], Sampling())] == []
        assert await engine.score([], []) == []
        [trace] = await engine.score([SHORT], [[]])
        assert len(trace) == 0 and trace.text() == ("", False)
        assert (await engine.embed([])).shape == (0, 32)
        assert (await engine.embed([""])).shape == (1, 32)
        assert not engine._worker.requests


async def test_text_that_no_tokenizer_takes_is_replaced() -> None:
    async with small() as engine:
        broken = Prompt.user("half a pair: \ud83e, and a NUL: \0")
        assert len(await samples(engine, broken, max_tokens=2, stop=("\udc00",))) == 1
        assert engine.tokenize("\ud83e") == engine.tokenize("\ufffd")
