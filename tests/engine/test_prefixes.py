"""What was read is not read again: a question asked of eight samples, a conversation that goes on."""

from __future__ import annotations

import asyncio

import pytest

from tests.engine.asking import sample, samples
from tests.engine.small import SHORT, Watch, small
from webapp.engine.prefixes import Prefixes, common
from webapp.engine.protocol import Message, Prompt

STORY = "Once there was a very long question about nothing. " * 2
DRAWN = {"temperature": 1.0, "max_tokens": 8, "seed": 1}


def asked(answer: str) -> Prompt:
    return Prompt.user(f"{STORY}Is {answer} right?")


@pytest.mark.parametrize(
    ("a", "b", "shared"), [((), (1,), 0), ((1, 2, 3), (1, 2, 3), 3), ((1, 2, 3, 4), (1, 2, 9, 4), 2), ((1,), (2,), 0)]
)
def test_common_counts_what_two_texts_share_from_the_start(a: tuple, b: tuple, shared: int) -> None:
    assert common(a, b) == common(b, a) == shared
    assert common(a + tuple(range(100)), a + tuple(range(100))) == len(a) + 100


async def test_one_question_about_many_answers_is_read_once_and_judged_the_same() -> None:
    prompts = [asked(word) for word in ("yes", "no", "maybe", "never")]
    options = [["a"], ["b"]]
    async with small(remembers=True) as engine:
        engine._forward.prefixes.limit = 0
        alone = [(await engine.choose([p], options))[0].masses for p in prompts]
        engine._forward.prefixes.limit = 10_000
        watch = Watch(engine)
        together = await asyncio.gather(*(engine.choose([p], options) for p in prompts))
        whole = engine.count_tokens(prompts[0])
        assert watch.tokens_read() < whole + 3 * 0.3 * whole
        for [one], masses in zip(together, alone, strict=True):
            assert one.masses == pytest.approx(masses, rel=1e-4)


async def test_scoring_after_a_known_prompt_gives_the_same_trace() -> None:
    async with small(remembers=True) as engine:
        said = (await sample(engine, asked("it"), **DRAWN)).trace
        watch = Watch(engine)
        [scored] = await engine.score([asked("it")], [said.ids.tolist()])
        assert watch.tokens_read() == len(said.ids)  # the prompt's last token, and all said but the last
        assert scored.logprob is not None and said.logprob is not None
        assert scored.logprob.tolist() == pytest.approx(said.logprob.tolist(), abs=1e-4)


async def test_a_conversation_that_goes_on_is_read_from_where_it_stopped() -> None:
    async with small(remembers=True) as engine:
        first = await sample(engine, asked("it"), **DRAWN)
        known = engine.count_tokens(asked("it")) + len(first.trace.ids) - 1
        follow = asked("it").continuing([*first.trace.ids.tolist(), 5, 6, 7])
        watch = Watch(engine)
        said = await sample(engine, follow, **DRAWN)
        assert watch.tokens_read() == engine.count_tokens(follow) - known
        engine._forward.prefixes.clear()
        assert (await sample(engine, follow, **DRAWN)).trace.ids.tolist() == said.trace.ids.tolist()


async def test_samples_are_the_same_whether_their_prompt_was_known() -> None:
    async with small(remembers=True) as engine:
        fresh = await samples(engine, asked("it"), n=3, **DRAWN)
        watch = Watch(engine)
        again = await samples(engine, asked("it"), n=3, **DRAWN)
        assert watch.tokens_read() == 1
        assert [s.trace.ids.tolist() for s in again] == [s.trace.ids.tolist() for s in fresh]


async def test_the_least_recently_used_goes_first_and_the_limit_holds() -> None:
    async with small(remembers=True) as engine:
        prefixes = engine._forward.prefixes
        prompts = [Prompt((Message("system", name * 30), Message("user", "x"))) for name in "abc"]
        length = engine.count_tokens(prompts[0])
        prefixes.limit = 2 * length
        for prompt in (prompts[0], prompts[1], prompts[0], prompts[2]):
            await engine.choose([prompt], [["a"], ["b"]])
            assert sum(map(len, prefixes.texts)) <= prefixes.limit
        kept = [bytes(engine.piece(i)[0] for i in text) for text in prefixes.texts]
        assert [b"aaa" in text for text in kept] == [True, False]
        assert [b"ccc" in text for text in kept] == [False, True]


async def test_short_texts_are_not_worth_keeping() -> None:
    async with small(remembers=True) as engine:
        cache = engine._forward.scratch()
        prefixes = Prefixes(limit=1000)
        prefixes.keep(cache, 0, range(5))
        assert not prefixes.texts
        assert prefixes.recall(cache, 0, engine.chat.ids(SHORT), 10) == 0
