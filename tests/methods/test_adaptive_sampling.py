"""Adaptive sampling: one sample after another until the model expects no better one, and what that saved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from storage.records import StoredRun
from storage.repositories import runs as run_store
from tests.methods.playing import SUM, Judge, Play, first_drafts
from webapp.methods.adaptive_sampling import NO_YES, START_OVER, AdaptiveSamplingParams, temperature_of
from webapp.runs.request import BadRequest, RunRequest, typed_problem
from webapp.tasks.question import Question


def believing(model: Judge, *shares: float) -> None:
    """Let the model believe, one answer after another, that starting over would not be better."""
    coming = iter(shares)
    model.odds = lambda asked: (share := next(coming), 1 - share)


def scores(stored: StoredRun, name: str = "p_no_better") -> list[float | None]:
    return [score.value for score in stored.scores if score.name == name]


def saving(stored: StoredRun) -> tuple[float | None, dict[str, Any]]:
    [score] = [score for score in stored.scores if score.name == "tokens_saved"]
    assert score.generation_id is None
    return score.value, dict(score.details)


def temperatures(params: AdaptiveSamplingParams, numbers: Iterable[int]) -> list[float]:
    return [temperature_of(params, number) for number in numbers]


async def test_it_stops_at_the_first_sample_that_is_good_enough(play: Play, model: Judge) -> None:
    believing(model, 0.2, 0.6, 0.9)
    stored = await play("adaptive_sampling", samples=3, threshold=0.6)
    assert scores(stored) == pytest.approx([0.2, 0.6])
    assert [g.text for g in stored.generations] == ["Answer: 0", "Answer: 1"]
    assert stored.run.outcome.answer == "1"
    assert stored.run.outcome.note.startswith("2 of at most 3 samples drawn.")


async def test_without_a_good_enough_one_it_draws_the_most_and_takes_the_best(play: Play, model: Judge) -> None:
    believing(model, 0.2, 0.7, 0.7, 0.1)
    stored = await play("adaptive_sampling", samples=4, threshold=0.9)
    assert len(stored.generations) == 4
    assert stored.run.outcome.answer == "1", "the earliest of the best"


async def test_a_sample_is_drawn_only_after_the_last_one_was_judged(play: Play, model: Judge) -> None:
    begun: list[int] = []

    def odds(asked: str) -> tuple[float, float]:
        begun.append(len(model.calls))
        return 0.1, 0.9

    model.odds = odds
    await play("adaptive_sampling", samples=3)
    assert begun == [1, 2, 3]


async def test_a_batch_is_drawn_and_judged_together_and_its_best_counts(play: Play, model: Judge) -> None:
    believing(model, 0.1, 0.2, 0.8, 0.9)
    stored = await play("adaptive_sampling", samples=5, threshold=0.7, batch=2)
    assert len(stored.generations) == 4 and stored.run.outcome.answer == "3"
    believing(model, *[0.1] * 5)
    assert len((await play("adaptive_sampling", samples=5, batch=2)).generations) == 5, "never more than the most"


async def test_the_question_follows_the_answer_as_a_turn_of_its_own(play: Play, model: Judge) -> None:
    asked: list[list[str]] = []
    choose = model.choose

    async def watched(prompts: Any, options: Any, **rest: Any) -> Any:
        asked.append([f"{m.role}: {m.content}" for m in prompts[0].messages])
        return await choose(prompts, options, **rest)

    model.choose = watched  # type: ignore[method-assign]
    await play("adaptive_sampling", samples=2, threshold=1)
    question = Question.of(SUM).prompt().messages[0].content
    assert asked[1] == [f"user: {question}", "assistant: Answer: 1", f"user: {START_OVER}"]
    assert model.options == [NO_YES] * 2 and model.judged[0] == (START_OVER, "")
    assert (NO_YES[0][0], NO_YES[1][0]) == ("No", "Yes") and not set(NO_YES[0]) & set(NO_YES[1])


async def test_what_stopping_early_saved_is_recorded(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: ["Answer: 4", "It is 4.\nAnswer: 4"][sample]
    believing(model, 0.25, 0.75)
    value, details = saving(await play("adaptive_sampling", samples=10, threshold=0.7))
    lengths = [len(text) + 1 for text in ("Answer: 4", "It is 4.\nAnswer: 4")]
    assert value == pytest.approx(8 * sum(lengths) / 2)
    assert details == {
        "most": 10,
        "stop": "threshold",
        "samples": [
            {"branch": 0, "temperature": 0.1, "p_no_better": 0.25, "bar": 0.7, "tokens": lengths[0]},
            {"branch": 1, "temperature": 0.5, "p_no_better": 0.75, "bar": 0.7, "tokens": lengths[1]},
        ],
    }


async def on_other_questions(play: Play, model: Judge, values: Sequence[float]) -> None:
    """Leave a score each on questions of their own, and one on the question that is asked later."""
    for number, value in enumerate(values):
        believing(model, value)
        await play("adaptive_sampling", typed_problem(f"What is {number} + 1?", "numeric", "1"), samples=1)
    believing(model, 0.99)
    await play("adaptive_sampling", samples=1)


async def test_by_rank_a_later_sample_must_be_among_the_best_of_more_scores_on_other_questions(
    play: Play, model: Judge
) -> None:
    await on_other_questions(play, model, [i / 20 for i in range(21)])
    believing(model, 0.49, 0.66, 0.76, 0.9)
    stored = await play("adaptive_sampling", samples=6, stop="rank", threshold=0.1)
    assert scores(stored) == pytest.approx([0.49, 0.66, 0.76])
    assert [each["bar"] for each in saving(stored)[1]["samples"]] == pytest.approx([1 / 2, 2 / 3, 3 / 4])


async def test_by_rank_what_is_as_high_as_everywhere_else_does_not_stop(play: Play, model: Judge) -> None:
    await on_other_questions(play, model, [0.5] * 21)
    believing(model, 0.5, 0.5, 0.625)
    assert scores(await play("adaptive_sampling", samples=6, stop="rank")) == [0.5, 0.5, 0.625]


async def test_by_rank_too_few_scores_on_other_questions_are_refused(play: Play, model: Judge) -> None:
    await on_other_questions(play, model, [0.5, 0.6])
    [run_id] = await play.service.launch([RunRequest(SUM, "adaptive_sampling", {"stop": "rank"})], person="local")
    await play.service.wait(run_id)
    stored = await play.database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None and stored.run.status == "failed" and not stored.generations
    assert "at least 20 scores" in stored.run.error and "there are 2" in stored.run.error


async def test_nothing_is_saved_where_all_were_drawn(play: Play, model: Judge) -> None:
    assert saving(await play("adaptive_sampling", samples=2, threshold=1))[0] == 0


def test_the_schedules() -> None:
    assert AdaptiveSamplingParams().schedule == "halving"
    assert temperatures(AdaptiveSamplingParams(), range(4)) == [0.1, 0.5, 0.75, 0.875]
    exponential = AdaptiveSamplingParams(schedule="exponential", coolest=0.2, hottest=1.0, kappa=2.0)
    assert temperatures(exponential, range(3)) == pytest.approx([0.2, 0.51477547223, 0.705696447063])
    assert temperatures(AdaptiveSamplingParams(schedule="constant", temperature=0.3), (0, 9)) == [0.3, 0.3]


async def test_the_schedule_is_what_samples_are_drawn_with(play: Play) -> None:
    stored = await play("adaptive_sampling", samples=3, threshold=1)
    assert [g.sampling["temperature"] for g in stored.generations] == [0.1, 0.5, 0.75]


async def test_at_a_constant_temperature_its_samples_are_those_of_the_plain_vote(play: Play) -> None:
    adaptive = await play("adaptive_sampling", samples=3, threshold=1, schedule="constant", seed=3)
    vote = await play("self_consistency", samples=3, seed=3)
    drawn = [[(g.text, g.branch, dict(g.sampling)) for g in first_drafts(stored)] for stored in (adaptive, vote)]
    assert drawn[0] == drawn[1]


async def test_the_plain_majority_of_what_was_drawn_is_noted(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: ["Answer: 7", "Answer: 4", "Answer: 4"][sample]
    believing(model, 0.4, 0.2, 0.1)
    outcome = (await play("adaptive_sampling", samples=3, threshold=0.9)).run.outcome
    assert (outcome.answer, outcome.note) == ("7", "3 of at most 3 samples drawn. Plain majority: 4.")


async def test_it_draws_its_own_samples(play: Play) -> None:
    source = await play("self_consistency", samples=1)
    with pytest.raises(BadRequest, match="draws its own samples"):
        await play("adaptive_sampling", source=source)
