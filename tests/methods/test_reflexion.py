"""Reflexion: fresh attempts with a short memory of reflections, the stop rule, and the oracle that marks the run."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from storage.records import Score, StoredRun
from tests.methods.playing import SUM, Judge, Play, first_drafts, of_role, said_to, turns
from tests.methods.signalled import failed
from webapp.engine.protocol import Prompt
from webapp.methods._verdicts import verdict
from webapp.methods.reflexion import (
    EVALUATE,
    EVALUATIONS,
    INCORRECT,
    REFLECT,
    REFLECTION,
    ReflexionParams,
    evaluating,
    reflecting,
    retrying,
)
from webapp.methods.registry import methods
from webapp.runs.request import RunRequest, typed_problem
from webapp.tasks.question import Question

QUESTION = Question.of(SUM)
RIGHT, WRONG = "It holds.\nVerdict: correct", "2 + 2 is not 5.\nVerdict: incorrect"
STRATEGIES = ["reflections", "last attempt", "last attempt and reflection", "none"]


def scripted(model: Judge, *verdicts: str, attempts: tuple[int, ...] = (9, 8, 7, 6, 4)) -> None:
    """Let attempt i of a sample say the i-th number, the i-th evaluation the i-th verdict, and reflections count."""
    said: dict[str, list[int]] = {"attempt": [], "evaluation": [], "reflection": []}

    def next_of(kind: str, sample: int) -> int:
        said[kind].append(sample)
        return said[kind].count(sample) - 1

    def script(prompt: Prompt, sample: int) -> str:
        asked = said_to(prompt)
        if asked.endswith(EVALUATE):
            return verdicts[next_of("evaluation", sample)]
        if asked.endswith(REFLECT):
            return f"Lesson {next_of('reflection', sample) + 1}.\nMind it."
        return f"Try.\nAnswer: {attempts[next_of('attempt', sample)]}"

    model.script = script


def labels(stored: StoredRun) -> list[str]:
    return [g.label for g in stored.generations]


def trials(stored: StoredRun) -> list[dict[str, Any]]:
    [score] = [score for score in stored.scores if score.name == "reflexion_trials"]
    return list(score.details["trials"])


def passed(stored: StoredRun) -> list[Score]:
    return [score for score in stored.scores if score.name == "trial_passed"]


async def test_attempt_evaluation_reflection_until_the_evaluator_passes(play: Play, model: Judge) -> None:
    scripted(model, WRONG, RIGHT)
    stored = await play("reflexion")
    assert labels(stored) == ["draft", "evaluation-1", "reflection-1", "attempt-2", "evaluation-2"]
    assert [g.role for g in stored.generations] == ["draft", "evaluation", "critique", "revision", "evaluation"]
    draft, evaluation, reflection, attempt, again = stored.generations
    assert reflection.parents == (draft.id, evaluation.id) and attempt.parents == (draft.id, reflection.id)
    assert again.parents == (attempt.id,)
    assert [g.round for g in stored.generations] == [0, 1, 1, 1, 2]
    assert (stored.run.outcome.answer, stored.run.outcome.chosen_generation) == ("8", attempt.id)
    assert [(s.value, s.generation_id) for s in passed(stored)] == [(0, draft.id), (1, attempt.id)]
    assert not stored.run.oracle and stored.run.cost.calls == 5


async def test_a_first_attempt_that_passes_stands(play: Play, model: Judge) -> None:
    scripted(model, RIGHT)
    stored = await play("reflexion")
    assert labels(stored) == ["draft", "evaluation-1"] and stored.run.outcome.answer == "9"
    assert stored.run.outcome.chosen_generation == first_drafts(stored)[0].id


@pytest.mark.parametrize("most", [1, 2, 4])
async def test_it_ends_after_so_many_failures_with_the_last_attempt(play: Play, model: Judge, most: int) -> None:
    scripted(model, *[WRONG] * 5)
    stored = await play("reflexion", trials=most)
    assert len(of_role(stored, "evaluation")) == most and len(of_role(stored, "critique")) == most - 1
    assert stored.run.outcome.answer == str((9, 8, 7, 6)[most - 1])
    [score] = [s for s in stored.scores if s.name == "reflexion_trials"]
    assert (score.value, score.generation_id) == (most, stored.run.outcome.chosen_generation)


async def test_a_verdict_that_cannot_be_read_is_no_pass_and_recorded_as_none(play: Play, model: Judge) -> None:
    scripted(model, "Well.", "Verdict: correct or incorrect", RIGHT)
    stored = await play("reflexion")
    assert [score.value for score in passed(stored)] == [None, None, 1]
    assert [trial["passed"] for trial in trials(stored)] == [None, None, True]
    assert stored.run.outcome.answer == "7"


async def test_an_attempt_sees_reflections_and_no_old_attempt(play: Play, model: Judge) -> None:
    scripted(model, WRONG, WRONG, RIGHT)
    stored = await play("reflexion")
    second, third = of_role(stored, "revision")
    [said] = turns(third)
    assert said == (
        "You tried to answer the question below before, and failed. Your notes for this time:\n"
        f"- Lesson 1. Mind it.\n- Lesson 2. Mind it.\n\n{question_as_it_was()}"
    )
    for attempt in (second, third):
        [only] = turns(attempt)  # a fresh conversation
        assert not attempt.prefix
        assert not any(old in only for old in ("Answer: 9", "Answer: 8", "Try.", "2 + 2 is not 5", "Verdict"))


@pytest.mark.parametrize("kept", [1, 2, 3])
async def test_only_the_newest_reflections_are_remembered(play: Play, model: Judge, kept: int) -> None:
    scripted(model, *[WRONG] * 5)
    stored = await play("reflexion", trials=5, memory=kept)
    last = of_role(stored, "revision")[-1]
    seen = [number for number in range(1, 5) if f"Lesson {number}." in turns(last)[0]]
    assert seen == [1, 2, 3, 4][-kept:]
    reflections = [g.id for g in of_role(stored, "critique")]
    assert trials(stored)[-1]["remembered"] == reflections[-kept:]
    assert last.parents[1:] == tuple(reflections[-kept:])


def test_memory_is_never_unlimited() -> None:
    with pytest.raises(ValueError, match="less than or equal to 3"):
        ReflexionParams(memory=4)


async def test_evaluation_and_reflection_are_conversations_of_their_own(play: Play, model: Judge) -> None:
    scripted(model, WRONG, RIGHT)
    stored = await play("reflexion")
    evaluation = of_role(stored, "evaluation")[0]
    assert turns(evaluation) == [
        *(text for example in EVALUATIONS for text in example),
        f"Task: {SUM.question}\n\nAttempt:\nTry.\nAnswer: 9\n\n{EVALUATE}",
    ]
    [reflection] = of_role(stored, "critique")
    assert turns(reflection) == [
        *REFLECTION, f"Task: {SUM.question}\n\nAttempt:\nTry.\nAnswer: 9\n\nEvaluation: {WRONG}\n\n{REFLECT}"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("strategy", "attempt", "reflections"),
    [
        ("reflections", False, [1, 2]),
        ("last attempt", True, []),
        ("last attempt and reflection", True, [2]),
        ("none", False, []),
    ],
)
async def test_what_the_next_attempt_sees(
    play: Play, model: Judge, strategy: str, attempt: bool, reflections: list[int]
) -> None:
    scripted(model, WRONG, WRONG, RIGHT)
    stored = await play("reflexion", strategy=strategy)
    [said] = turns(of_role(stored, "revision")[-1])
    assert ("Answer: 8" in said, "Answer: 9" in said) == (attempt, False), "of attempts at most the last one"
    assert [number for number in (1, 2) if f"Lesson {number}." in said] == reflections
    assert bool(of_role(stored, "critique")) is bool(reflections)
    assert said.endswith(QUESTION.answer_format())
    assert (said == question_as_it_was()) is (strategy == "none")


def question_as_it_was() -> str:
    return QUESTION.prompt().messages[-1].content


async def test_the_oracle_decides_when_to_stop_and_marks_the_run(play: Play, model: Judge) -> None:
    scripted(model, attempts=(9, 8, 4, 3))
    stored = await play("reflexion", evaluator="oracle", trials=5)
    assert stored.run.oracle and not of_role(stored, "evaluation")
    assert labels(stored) == ["draft", "reflection-1", "attempt-2", "reflection-2", "attempt-3"]
    assert (stored.run.outcome.answer, stored.run.outcome.verdict) == ("4", "correct")
    assert [trial["passed"] for trial in trials(stored)] == [False, False, True]
    assert [trial["said"] for trial in trials(stored)] == [INCORRECT, INCORRECT, "The answer is correct."]


@pytest.mark.parametrize("strategy", STRATEGIES)
async def test_the_oracle_tells_no_more_than_that_it_was_wrong(play: Play, model: Judge, strategy: str) -> None:
    scripted(model)
    other = dataclasses.replace(SUM, reference="424242")
    stored = await play("reflexion", other, evaluator="oracle", strategy=strategy)
    assert len(of_role(stored, "revision")) == 2
    assert not [g for g in stored.generations if any("424242" in turn for turn in turns(g))]


async def test_an_answer_that_cannot_be_read_is_wrong_to_the_oracle(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: "I wonder."
    stored = await play("reflexion", evaluator="oracle")
    assert [trial["passed"] for trial in trials(stored)] == [False, False, False]


@pytest.mark.parametrize("problem", [typed_problem("What is 2 + 2?", "numeric"), typed_problem("Write a line.")])
async def test_without_a_reference_there_is_no_oracle(play: Play, model: Judge, problem: Any) -> None:
    stored = await failed(play, RunRequest(problem, "reflexion", {"evaluator": "oracle"}))
    assert "no reference answer" in stored.run.error and not stored.run.oracle


async def test_samples_are_retried_apart_and_vote(play: Play, model: Judge) -> None:
    scripted(model, WRONG, RIGHT, attempts=(9, 4))
    stored = await play("reflexion", samples=3)
    assert [(vote.answer, vote.branches) for vote in stored.run.outcome.votes] == [("4", (0, 1, 2))]
    by_id = {g.id: g.branch for g in stored.generations}
    assert all(by_id[parent] == g.branch for g in stored.generations for parent in g.parents)
    assert len([s for s in stored.scores if s.name == "reflexion_trials"]) == 3


def test_braces_come_through() -> None:
    braces = Question.of(typed_problem("Which {x}?", "text", "y"))
    p = ReflexionParams(strategy="last attempt and reflection")
    for prompt in (
        evaluating(braces, "It is {x}."), reflecting(braces, "It is {x}.", "No {x}."),
        retrying(braces, p, "It is {x}.", ["Not {x}."]),
    ):  # fmt: skip
        assert "{x}" in said_to(prompt)


def test_the_worked_examples_show_one_verdict_each_and_a_reflection_without_the_solution() -> None:
    assert [verdict(answer) for _, answer in EVALUATIONS] == [False, True]
    assert all(request.endswith(EVALUATE) for request, _ in EVALUATIONS)
    assert REFLECTION[0].endswith(REFLECT) and "14" not in REFLECTION[1]


def test_the_card_says_which_evaluator_uses_the_reference() -> None:
    spec = methods()["reflexion"]
    evaluator = spec.params.model_fields["evaluator"]
    assert evaluator.default == "self" and "oracle: the reference answer" in (evaluator.description or "")
    assert "marked" in (evaluator.description or "") and "oracle" in spec.faithful_note
