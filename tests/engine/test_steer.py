"""Steered texts: the same numbers as those of the running batch, copies that go on as what they were copied from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from storage.trace import COLUMNS, TokenTrace
from tests.engine.asking import samples
from tests.engine.small import SHORT, small
from tests.engine.steered import Told, notes, policies_of_tests, steered, teacher_forced, texts, unsteered, whole
from tests.engine.test_architectures import MODELS
from tests.models import tiny
from webapp.engine.lives import Forked
from webapp.engine.local import LocalEngine
from webapp.engine.policies.settings import Policy, Unsteered
from webapp.engine.protocol import EngineError, Prompt, SteerableEngine, TokenBatch
from webapp.engine.sampling import Draw
from webapp.engine.scoring import Passes
from webapp.engine.walk import Walk

DRAWN = {"temperature": 1.0, "max_tokens": 24, "seed": 3}
TOLERANCE = 1e-4  # nats


@pytest.fixture(autouse=True)
def told() -> Iterator[None]:
    with policies_of_tests():
        yield


@pytest.fixture(scope="module")
def double() -> torch.nn.Module:
    return tiny.model().double()


def assert_alike(one: TokenTrace, other: TokenTrace, tolerance: float) -> None:
    assert one.ids.tolist() == other.ids.tolist()
    for name in COLUMNS:
        mine, theirs = getattr(one, name), getattr(other, name)
        if name == "top_ids":  # neighbours may change places
            mine, theirs = np.sort(mine, -1), np.sort(theirs, -1)
        if name != "seconds":
            np.testing.assert_allclose(mine, theirs, atol=tolerance, err_msg=name)


@pytest.mark.parametrize(
    "settings",
    [
        {"temperature": 0.0},
        {"temperature": 1.0, "top_p": 0.9, "temperature_grid": (0.5,)},
        {"temperature": 0.7, "top_k": 5, "first_sample": 2, "redraw": 1, "label": "other"},
    ],
)
async def test_a_policy_that_changes_nothing_draws_the_texts_of_generate(settings: dict[str, float]) -> None:
    async with small(8) as engine:
        engine.chat.end_ids = frozenset(range(3, 40))  # so that some texts end before others
        plain = await samples(engine, SHORT, n=5, max_tokens=30, seed=3, **settings)
        ours = await unsteered(engine, SHORT, n=5, max_tokens=30, seed=3, **settings)
    lengths = {len(text.trace) for text in plain}
    assert len(lengths) > 1 or settings["temperature"] == 0
    for one, other in zip(ours, plain, strict=True):
        assert_alike(one.trace, other.trace, 1e-5)
        assert (one.text, one.finish_reason, one.prompt_tokens) == (
            other.text,
            other.finish_reason,
            other.prompt_tokens,
        )


async def test_the_embedded_model_says_the_same_either_way(engine: LocalEngine) -> None:
    assert isinstance(engine, SteerableEngine) and {"steer", "vectors", "gradient"} <= engine.info.capabilities
    plain = await samples(engine, n=3, max_tokens=12, seed=1, temperature=0.8)
    ours = await unsteered(engine, n=3, max_tokens=12, seed=1, temperature=0.8)
    for one, other in zip(ours, plain, strict=True):
        assert_alike(one.trace, other.trace, 1e-3)


async def test_a_begun_message_goes_on_with_the_noise_of_its_tokens() -> None:
    async with small() as engine:
        [text] = await samples(engine, SHORT, **DRAWN)
        begun = SHORT.continuing(text.trace.ids[:9].tolist())
        [rest] = await unsteered(engine, begun, **DRAWN | {"max_tokens": 15})
    assert rest.trace.ids.tolist() == text.trace.ids[9:].tolist()


async def test_what_is_streamed_is_what_was_drawn() -> None:
    async with small() as engine:
        events = await steered(engine, Unsteered(), SHORT, 3, stop=("e",), **DRAWN)
    for text in texts(events):
        parts = [e for e in events if isinstance(e, TokenBatch) and e.sample == text.sample]
        assert [e.start for e in parts] == np.cumsum([0, *(len(e.trace) for e in parts)])[:-1].tolist()
        assert [i for e in parts for i in e.trace.ids.tolist()] == text.trace.ids.tolist()
        if text.finish_reason == "stop":
            assert "e" not in text.text and "e" in text.trace.text()[0]


def again_and_again(walk: Walk) -> Passes[None]:
    """Draw, and now and then let some particles go on as copies of others."""
    yield from walk.read()
    ancestors = iter([[0, 0, 2, 3, 4], [4, 4, 4, 1, 1], [2, 3, 3, 3, 0], [0, 1, 1, 2, 3]])
    step = 0
    while walk.running:
        walk.append(walk.draw())
        step += 1
        if step in (4, 9):  # between a token and the pass that reads it
            walk.resample(next(ancestors))
        yield from walk.advance()
        if step in (6, 13) and walk.running:  # and behind that pass
            walk.resample(next(ancestors))


async def test_copies_go_on_from_what_their_ancestor_had_read(double: torch.nn.Module) -> None:
    async with small() as engine:
        engine.chat.end_ids = frozenset(range(65, 69))
        events = await steered(engine, Told(again_and_again), SHORT, 5, alternatives=20, **DRAWN)
    prompt, said = engine.chat.ids(SHORT), whole(events)
    forks = [e for e in events if isinstance(e, Forked)]
    assert len(forks) >= 6 and {e.at for e in forks} == {4, 6, 9, 13}
    ended = {text.sample: text.finish_reason for text in texts(events)}
    assert len(ended) == 5 + len(forks) and {"eos", "pruned", "length"} == set(ended.values())
    assert {ended[fork.instead] for fork in forks} <= {"eos", "pruned"}
    for text in texts(events):
        ids = text.trace.ids.tolist()
        expected = teacher_forced(double, prompt, said[text.sample])[len(said[text.sample]) - len(ids) :]
        drawn = expected.gather(1, torch.tensor(ids, dtype=torch.long)[:, None])[:, 0] if ids else torch.zeros(0)
        if ids:
            np.testing.assert_allclose(text.trace.logprob, drawn, atol=TOLERANCE)
            np.testing.assert_allclose(text.trace.entropy, -(expected.exp() * expected).sum(-1), atol=TOLERANCE)
            np.testing.assert_allclose(text.trace.top_logprobs, expected.topk(20).values, atol=TOLERANCE)


async def test_a_copy_says_what_its_ancestor_would_have_said() -> None:
    def split(walk: Walk) -> Passes[None]:
        yield from walk.read()
        for _ in range(5):
            walk.append(walk.draw())
            yield from walk.advance()
        assert walk.resample([1, 1, 1]) == [1, 1, 1]
        while walk.running:
            walk.append(walk.draw(sampling=replace(walk.sampling, temperature=0.0)))
            yield from walk.advance()

    async with small() as engine:
        events = await steered(engine, Told(split), SHORT, 3, **DRAWN)
        begun = whole(events)[1][:5]
        greedy = DRAWN | {"temperature": 0.0, "max_tokens": 19}
        [rest] = await samples(engine, SHORT.continuing(begun), **greedy)
    assert [(t.sample, t.finish_reason) for t in texts(events)] == [
        (0, "pruned"), (1, "length"), (2, "pruned"), (3, "length"), (4, "length"),
    ]  # fmt: skip
    assert [whole(events)[life] for life in (1, 3, 4)] == [begun + rest.trace.ids.tolist()] * 3


async def test_copies_draw_with_noise_of_their_own() -> None:
    def split(walk: Walk) -> Passes[None]:
        yield from walk.read()
        walk.append(walk.draw())
        walk.resample([0] * 4)
        yield from walk.advance()
        while walk.running:
            walk.append(walk.draw())
            yield from walk.advance()

    async with small() as engine:
        events = await steered(engine, Told(split), SHORT, 4, **DRAWN)
        first = [text.trace.ids[0] for text in await samples(engine, SHORT, n=4, **DRAWN)]
    said = [tokens for life, tokens in whole(events).items() if life not in (1, 2, 3)]
    assert {tokens[0] for tokens in said} == {first[0]} and len({tuple(tokens) for tokens in said}) == 4


async def test_a_text_that_has_ended_is_not_copied_but_counts_twice() -> None:
    standing: list[list[int]] = []

    def end_first(walk: Walk) -> Passes[None]:
        yield from walk.read()
        walk.append(walk.draw())
        walk.end(walk.particles[0], "stop")
        walk.resample([0, 0, 2])
        standing.append([particle.life for particle in walk.particles])
        yield from walk.advance()
        assert [particle.index for particle in walk.running] == [2]
        while walk.running:
            walk.append(walk.draw())
            yield from walk.advance()

    async with small() as engine:
        events = await steered(engine, Told(end_first), SHORT, 3, **DRAWN)
    assert standing == [[0, 0, 2]] and not [e for e in events if isinstance(e, Forked)]
    assert [(t.sample, t.finish_reason, len(t.trace)) for t in texts(events)] == [
        (0, "stop", 1), (1, "pruned", 1), (2, "length", 24),
    ]  # fmt: skip


async def test_what_a_policy_leaves_ends_with_it() -> None:
    def leave(walk: Walk) -> Passes[None]:
        yield from walk.read()
        walk.append(walk.draw())

    async with small() as engine:
        events = await steered(engine, Told(leave), SHORT, 2, **DRAWN)
    assert [(t.finish_reason, len(t.trace)) for t in texts(events)] == [("pruned", 1)] * 2


async def test_every_prompt_has_a_cache_of_its_own(double: torch.nn.Module) -> None:
    prompts = [SHORT, Prompt.user("What else, if not that, is the reason?")]

    def watched(walk: Walk) -> Passes[None]:
        yield from walk.read()
        while walk.running:
            logprobs = [track.logits.log_softmax(-1) for track in walk.tracks]
            mixed = (logprobs[0] + logprobs[1]) / 2
            walk.note("seen", {"logprobs": [each[0].tolist() for each in logprobs]})
            walk.append(walk.draw(mixed))
            yield from walk.advance()

    async with small() as engine:
        events = await steered(engine, Told(watched), prompts, **DRAWN | {"max_tokens": 12})
    [text] = texts(events)
    assert text.prompt_tokens == sum(len(engine.chat.ids(prompt)) for prompt in prompts)
    ids = text.trace.ids.tolist()
    for k, prompt in enumerate(prompts):
        expected = teacher_forced(double, engine.chat.ids(prompt), ids)
        seen = [note.data["logprobs"][k] for note in notes(events, "seen")]
        np.testing.assert_allclose(seen, expected.numpy(), atol=TOLERANCE)
    first = teacher_forced(double, engine.chat.ids(prompts[0]), ids).gather(1, torch.tensor(ids)[:, None])[:, 0]
    np.testing.assert_allclose(text.trace.logprob, first.numpy(), atol=TOLERANCE)
    both = [teacher_forced(double, engine.chat.ids(prompt), ids) for prompt in prompts]
    mixed = ((both[0] + both[1]) / 2).log_softmax(-1).gather(1, torch.tensor(ids)[:, None])[:, 0]
    np.testing.assert_allclose(text.trace.sampled_logprob, mixed.numpy(), atol=TOLERANCE)


def by_vector(walk: Walk) -> Passes[None]:
    """Give the vector of every token instead of the token."""
    yield from walk.read()
    while walk.running:
        drawn = walk.draw()
        walk.append(drawn)
        yield from walk.advance(walk.embed(drawn.ids))


@pytest.mark.parametrize("name", MODELS)
async def test_the_vector_of_a_token_is_read_as_the_token(name: str) -> None:
    torch.manual_seed(1)
    engine = LocalEngine(MODELS[name](264), tiny.tokenizer(), id=name, max_batch=4)
    assert {"steer", "vectors", "gradient"} <= engine.info.capabilities
    plain = await unsteered(engine, SHORT, n=2, **DRAWN)
    ours = texts(await steered(engine, Told(by_vector), SHORT, 2, **DRAWN))
    await engine.close()
    for one, other in zip(ours, plain, strict=True):
        assert_alike(one.trace, other.trace, 1e-4)


async def test_a_token_that_was_not_drawn_is_told_as_such() -> None:
    def forced(walk: Walk) -> Passes[None]:
        yield from walk.read()
        drawn = walk.draw()
        walk.append(drawn)
        yield from walk.advance()
        nothing = torch.full_like(drawn.logprobs, torch.nan)
        walk.append(Draw(torch.full_like(drawn.ids, 70), nothing, nothing, drawn.candidates * 0), ["injected"])
        yield from walk.advance()
        while walk.running:
            walk.append(walk.draw())
            yield from walk.advance()

    async with small() as engine:
        events = await steered(engine, Told(forced), SHORT, **DRAWN)
    [text] = texts(events)
    origins = [o for e in events if isinstance(e, TokenBatch) for o in (e.origins or ["model"] * len(e.trace))]
    assert origins == ["model", "injected", *["model"] * 22]
    assert text.trace.ids[1] == 70 and text.trace.candidates is not None and text.trace.candidates[1] == 0
    assert text.trace.sampled_logprob is not None and text.trace.logprob is not None
    assert np.isnan(text.trace.sampled_logprob).tolist() == [False, True, *[False] * 22]
    assert np.isfinite(text.trace.logprob).all()


async def test_numbers_for_other_purposes_are_keyed_by_them() -> None:
    seen: list[float] = []

    def chances(walk: Walk) -> Passes[None]:
        yield from walk.read()
        seen.extend([walk.chance("a"), walk.chance("a"), walk.chance("b"), walk.chance("a", walk.particles[1])])
        seen.append(walk.chance("a", index=1))
        walk.append(walk.draw())
        seen.append(walk.chance("a"))

    async with small() as engine:
        await steered(engine, Told(chances), SHORT, 2, **DRAWN)
    assert seen[0] == seen[1] and seen[4] == seen[5]
    assert len({seen[0], seen[2], seen[3], seen[4]}) == 4 and all(0 <= number < 1 for number in seen)


@pytest.mark.parametrize(
    ("prompts", "policy", "settings", "why"),
    [
        ([], Unsteered(), {}, "at least one prompt"),
        ([SHORT], Policy(), {"max_tokens": 8}, "no policy Policy"),
        ([SHORT], Unsteered(), {"max_tokens": 250}, "more than the 256"),
        ([SHORT], Unsteered(), {"top_p": 0.0}, "Top-p is 0.0"),
    ],
)
async def test_what_cannot_be_carried_out_is_refused(
    prompts: list[Prompt], policy: Policy, settings: dict[str, float], why: str
) -> None:
    async with small() as engine:
        with pytest.raises(EngineError, match=why):
            await steered(engine, policy, prompts, **settings)
        with pytest.raises(EngineError, match="number of samples is 0"):
            await steered(engine, Unsteered(), SHORT, 0)
