"""Power sampling by SMC: what a run makes of weighted particles, copied and dropped ones among them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log
from typing import Any

import pytest

from storage.records import StoredRun
from tests.methods.playing import Judge, Play, first_drafts
from tests.methods.signalled import score_of
from tests.runs.puppet import ended, spoken, weighed
from webapp.engine.lives import Forked, Noted
from webapp.engine.policies.settings import Policy, Power, Resampling
from webapp.engine.protocol import Prompt, Sampling, SteerEvent
from webapp.methods.registry import methods

RESAMPLED = {"size": 1.4, "shares": [0.8, 0.1, 0.1], "before": [0, 1, 2], "after": [0, 3, 2]}


def resampled(prompts: Sequence[Prompt], policy: Policy, sampling: Sampling, n: int) -> Iterable[SteerEvent]:
    """Three particles; the second is dropped for a copy of the first, which then goes another way."""
    yield from (spoken(0, "So: "), spoken(1, "Hm. "), spoken(2, "Oh, "))
    yield Forked(3, 0, 4, 1)
    yield ended(1, "Hm. ", "pruned")
    yield Noted(None, 4, "resampled", RESAMPLED)
    yield from (spoken(0, "Answer: 4", 4), ended(0, "So: Answer: 4"))
    yield from (spoken(3, "Answer: 5"), ended(3, "Answer: 5"))
    yield from (spoken(2, "Answer: 5", 4), ended(2, "Oh, Answer: 5"))
    yield weighed([0, 3, 2], [log(6.0), log(3.0), log(1.0)])


async def drawn(play: Play, **settings: Any) -> StoredRun:
    return await play("power_smc", **{"particles": 3} | settings)


def shares(stored: StoredRun) -> dict[str, float | None]:
    """Return the share of each text by its branch and words."""
    texts = {g.id: f"{g.branch}: {g.text}" for g in stored.generations}
    return {texts[str(s.generation_id)]: s.value for s in stored.scores if s.name == "particle_share"}


async def test_the_weights_decide_and_not_the_number(play: Play, model: Judge) -> None:
    model.steering = resampled
    stored = await drawn(play)
    outcome = stored.run.outcome
    assert outcome.answer == "4" and outcome.verdict == "correct"
    assert [(vote.answer, vote.branches, vote.weight) for vote in outcome.votes] == [
        ("4", (0,), pytest.approx(0.6)),
        ("5", (1, 2), pytest.approx(0.4)),
    ]
    assert outcome.note == "2.2 effective of 3 particles, 3 texts at the end. Plain majority: 5."
    assert shares(stored) == pytest.approx(
        {"0: So: Answer: 4": 0.6, "1: So: Answer: 5": 0.3, "2: Oh, Answer: 5": 0.1}
    )


async def test_resampling_saves_no_tokens_as_the_card_says(play: Play, model: Judge) -> None:
    model.steering = resampled
    stored = await drawn(play)
    particles = sum(g.cost.generated_tokens for g in stored.generations if g.label == "particle")
    assert particles == 3 * len("So: Answer: 4"), "a copy begins for nothing, but what was dropped had been drawn"
    cost = methods()["power_smc"].cost
    assert "at most (n + N) L new tokens, since a copy is drawn on in the place of a text that was dropped" in cost


async def test_a_text_in_two_places_has_the_weight_of_both(play: Play, model: Judge) -> None:
    def script(prompts: Sequence[Prompt], policy: Policy, sampling: Sampling, n: int) -> Iterable[SteerEvent]:
        for life, (text, reason) in enumerate((("Answer: 1", "eos"), ("Answer: 2", "pruned"), ("Answer: 3", "eos"))):
            yield from (spoken(life, text), ended(life, text, reason))  # type: ignore[arg-type]
        yield weighed([0, 0, 2], [log(3.0), log(3.0), log(4.0)])

    model.steering = script
    stored = await drawn(play)
    assert stored.run.outcome.answer == "1"
    assert shares(stored) == pytest.approx({"0: Answer: 1": 0.6, "2: Answer: 3": 0.4})
    left = score_of(stored, "log_z").details["left"]
    assert [(each["life"], each["count"]) for each in left] == [(0, 2), (2, 1)]


async def test_one_particle_can_be_drawn_by_its_weight(play: Play, model: Judge) -> None:
    model.steering = resampled
    runs = [await drawn(play, answer="draw", seed=seed) for seed in range(12)]
    again = await drawn(play, answer="draw", seed=3)
    assert {stored.run.outcome.answer for stored in runs} == {"4", "5"}
    assert again.run.outcome.answer == runs[3].run.outcome.answer, "the seed decides"
    for stored in runs:
        [chosen] = [g for g in stored.generations if g.id == stored.run.outcome.chosen_generation]
        assert chosen.finish_reason != "pruned" and chosen.answer == stored.run.outcome.answer
        assert f"Particle {chosen.branch + 1} was drawn. The weighted vote says 4." in stored.run.outcome.note


async def test_no_particle_without_weight_is_drawn(play: Play, model: Judge) -> None:
    def script(prompts: Sequence[Prompt], policy: Policy, sampling: Sampling, n: int) -> Iterable[SteerEvent]:
        for life in range(3):
            yield from (spoken(life, f"Answer: {life}"), ended(life, f"Answer: {life}"))
        yield weighed([0, 1, 2], [-1e4, 0.0, -1e4])

    model.steering = script
    assert {(await drawn(play, answer="draw", seed=seed)).run.outcome.answer for seed in range(5)} == {"1"}


async def test_settings_reach_the_policy(play: Play, model: Judge) -> None:
    settings = {"alpha": 2.0, "temperature": 0.5, "ramp": 30, "follow": True, "threshold": 0.7, "every": 8}
    stored = await drawn(play, **settings, max_tokens=40, seed=5)
    [((prompt,), policy, sampling)] = model.steered
    assert policy == Power(2.0, 30, True, Resampling(0.7, 8))
    assert (sampling.temperature, sampling.max_tokens, sampling.seed, sampling.label) == (0.5, 40, 5, "particle")
    assert prompt.messages[-1].content == first_drafts(stored)[0].messages[-1][1]
    particles = [g for g in stored.generations if g.label == "particle"]
    assert [(g.branch, g.role, g.round) for g in particles] == [(i, "draft", 1) for i in range(3)]


async def test_first_drafts_at_the_same_temperature_stand_beside_them(play: Play, model: Judge) -> None:
    model.steering = resampled
    stored = await drawn(play, samples=2)
    assert [(g.text, g.sampling["temperature"]) for g in first_drafts(stored)] == [
        ("Answer: 0", 0.25),
        ("Answer: 1", 0.25),
    ]
    assert stored.run.outcome.first_answer == "0"


async def test_what_became_of_every_life_is_kept(play: Play, model: Judge) -> None:
    model.steering = resampled
    score = score_of(await drawn(play, alpha=3.0), "log_z")
    details = score.details
    assert score.value == -1.5
    assert [(e["place"], e["start"], e["stop"], e["parent"], e["pruned"]) for e in details["lives"]] == [
        (0, 0, 13, None, False), (1, 0, 4, None, True), (2, 0, 13, None, False), (1, 4, 13, 0, False),
    ]  # fmt: skip
    assert details["resamplings"] == [{"token": 4, **RESAMPLED}]
    assert (details["particles"], details["alpha"], details["threshold"]) == (3, 3.0, 0.5)
    assert details["laws"] == ["the model"]
    assert [each["log_probabilities"] for each in details["left"]] == [[-2.0], [-5.0], [-4.0]]


async def test_what_truncation_does_to_the_target_is_said(play: Play, model: Judge) -> None:
    note = (await drawn(play, top_p=0.9)).run.outcome.note
    assert note.endswith("the target has only texts whose every token survives it.")
    assert "survives" not in (await drawn(play)).run.outcome.note


def test_the_card_says_what_of_the_authors_code_is_left_out() -> None:
    note = methods()["power_smc"].faithful_note
    assert "least length of 100 tokens" in note and "boxed answer are left out" in note
