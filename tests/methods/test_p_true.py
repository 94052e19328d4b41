"""P(True): the odds of "(A) True" against "(B) False", normalised, pooled, with what they were computed from."""

from __future__ import annotations

from math import exp

import pytest

from storage.records import StoredRun
from tests.methods.playing import Judge, Play, first_drafts, turns
from webapp.methods.p_true import BASIC_PREFIX, COMPARED_PREFIX, FALSE, TRUE
from webapp.runs.request import typed_problem
from webapp.tasks.question import Question

BASIC = """Question: What is 2 + 2?
Proposed Answer: Answer: 0
Is the proposed answer:
(A) True
(B) False"""
COMPARED = """Question: What is 2 + 2?
Here are some brainstormed ideas:
- Answer: 0
- Answer: 1
Possible Answer: Answer: 1
Is the possible answer:
(A) True
(B) False"""


def values(stored: StoredRun) -> dict[int, float | None]:
    """Return the value of every judged text by its branch."""
    branches = {g.id: g.branch for g in stored.generations}
    return {branches[s.generation_id]: s.value for s in stored.scores if s.generation_id}


def ideas_in(request: str) -> list[str]:
    return [line.removeprefix("- ") for line in request.splitlines() if line.startswith("- ")]


async def test_without_ideas_the_answer_alone_is_judged(play: Play, model: Judge) -> None:
    await play("p_true", samples=1, ideas=0)
    assert model.judged == [(BASIC, BASIC_PREFIX)]
    assert BASIC_PREFIX == "The proposed answer is: (", "the parenthesis is begun, so that one token decides"


async def test_with_ideas_the_model_sees_its_samples_first(play: Play, model: Judge) -> None:
    stored = await play("p_true", samples=2, ideas=2, temperature=1.0)
    assert model.judged[1] == (COMPARED, COMPARED_PREFIX)
    assert [s.details["format"] for s in stored.scores] == ["with comparison ideas"] * 2


async def test_both_options_come_with_their_spellings(play: Play, model: Judge) -> None:
    await play("p_true", samples=1, ideas=0)
    assert model.options == [(TRUE, FALSE)]
    assert (TRUE[0], FALSE[0]) == ("A", "B") and not set(TRUE) & set(FALSE)


@pytest.mark.parametrize(
    ("masses", "value", "captured", "reliable"),
    [
        ((0.6, 0.3), 2 / 3, 0.9, True),
        ((0.1, 0.3), 0.25, 0.4, False),
        ((0.25, 0.25), 0.5, 0.5, True),
        ((0.0, 0.0), 0.5, 0.0, False),
        # sigmoid(1.3 - 0.45), and two spellings an option pooled; derived independently in float64
        ((exp(1.3) / 8, exp(0.45) / 8), 0.700567142474, (exp(1.3) + exp(0.45)) / 8, True),
        ((exp(-1.1) + exp(-2.35), exp(-1.9) + exp(-3.0)), 0.682350256036, 0.627595933504, True),
    ],
)
async def test_the_value_is_normalised_over_the_two_and_what_they_captured_is_kept(
    play: Play, model: Judge, masses: tuple[float, float], value: float, captured: float, reliable: bool
) -> None:
    model.odds = lambda asked: masses
    [score] = (await play("p_true", samples=1, ideas=0)).scores
    assert score.name == "p_true" and score.value == pytest.approx(value)
    assert score.details["masses"] == list(masses)
    assert score.details["captured"] == pytest.approx(captured)
    assert score.details["reliable"] is reliable
    assert score.details["variants"] == [[["A", masses[0]]], [["B", masses[1]]]]


async def test_every_draft_is_judged_and_the_likeliest_is_the_answer(play: Play, model: Judge) -> None:
    model.odds = lambda asked: (0.8, 0.1) if "Possible Answer: Answer: 2" in asked else (0.2, 0.6)
    stored = await play("p_true", samples=4)
    assert values(stored) == {0: 0.25, 1: 0.25, 2: pytest.approx(8 / 9), 3: 0.25}
    outcome = stored.run.outcome
    assert (outcome.answer, outcome.chosen_generation) == ("2", first_drafts(stored)[2].id)


async def test_equal_values_go_to_the_earliest_draft(play: Play, model: Judge) -> None:
    model.odds = lambda asked: (0.1, 0.6) if "Possible Answer: Answer: 0" in asked else (0.5, 0.2)
    assert (await play("p_true", samples=3)).run.outcome.answer == "1"


async def test_what_the_plain_majority_says_is_noted_beside_it(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: ["Answer: 4", "Answer: 4", "Answer: 7"][sample % 3]
    model.odds = lambda asked: (0.9, 0.1) if "Proposed Answer: Answer: 7" in asked else (0.1, 0.9)
    outcome = (await play("p_true", samples=3, ideas=0)).run.outcome
    assert (outcome.answer, outcome.first_answer, outcome.note) == ("7", "4", "Plain majority: 4.")
    assert (await play("p_true", samples=1)).run.outcome.note == ""


async def test_drafts_at_the_ideas_temperature_are_the_ideas(play: Play, model: Judge) -> None:
    stored = await play("p_true", samples=5, ideas=5, temperature=1.0)
    assert len(stored.generations) == 5, "nothing more is drawn"
    everything = [f"Answer: {i}" for i in range(5)]
    for request, _ in model.judged:
        assert sorted(ideas_in(request)) == everything, "the judged one is among them, duplicates kept"


async def test_the_judged_draft_stands_at_another_place_each_time(play: Play, model: Judge) -> None:
    stored = await play("p_true", samples=5, ideas=3, temperature=1.0)
    drafts = first_drafts(stored)
    shown = {s.generation_id: s.details["shown"] for s in stored.scores}
    assert [shown[g.id].index(g.id) for g in drafts] == [0, 1, 2, 0, 1]
    assert all(len(ids) == 3 and len(set(ids)) == 3 for ids in shown.values())


@pytest.mark.parametrize(("temperature", "drawn"), [(1.0, 3), (0.7, 4)])
async def test_missing_ideas_are_drawn_at_their_temperature(play: Play, temperature: float, drawn: int) -> None:
    stored = await play("p_true", samples=2, ideas=5, temperature=temperature)
    extra = [g for g in stored.generations if g.label == "idea"]
    assert len(extra) == drawn
    assert {g.sampling["temperature"] for g in extra} == {1.0}
    assert {tuple(turns(g)) for g in extra} == {tuple(turns(first_drafts(stored)[0]))}
    assert [s.details["ideas"] for s in stored.scores] == [5, 5]


async def test_drawn_ideas_are_neither_judged_nor_first_attempts_nor_votes(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: "Answer: 4" if sample == 0 else "Answer: 9"
    stored = await play("p_true", samples=1, ideas=5)
    extra = [g for g in stored.generations if g.label == "idea"]
    assert [(g.branch, g.round) for g in extra] == [(1, 1), (2, 1), (3, 1), (4, 1)]
    assert [s.generation_id for s in stored.scores] == [first_drafts(stored)[0].id]
    outcome = stored.run.outcome
    assert (outcome.answer, outcome.first_answer, outcome.note) == ("4", "4", "")


async def test_an_idea_is_one_line_whatever_it_says(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: "First.\n\n- Second.\nAnswer: 4\n"
    await play("p_true", samples=1, ideas=1, temperature=1.0)
    [(request, _)] = model.judged
    assert "\n- First. - Second. Answer: 4\nPossible Answer: First.\n\n- Second.\nAnswer: 4\nIs the" in request


async def test_the_choices_are_shown_to_the_judge_and_braces_stay(play: Play, model: Judge) -> None:
    problem = typed_problem("Which is {x}?", "choice", "A", ("{a}", "b"))
    await play("p_true", problem, samples=1, ideas=0)
    [(request, _)] = model.judged
    assert request.startswith("Question: Which is {x}?\n(A) {a}\n(B) b\nProposed Answer: ")
    assert Question.of(problem).answer_format() not in request


async def test_the_stored_details_name_what_was_shown_and_what_it_cost(play: Play, model: Judge) -> None:
    stored = await play("p_true", samples=2, ideas=3)
    texts = {g.id: g.text for g in stored.generations}
    for score, (request, begun) in zip(stored.scores, model.judged, strict=True):
        assert [texts[i] for i in score.details["shown"]] == ideas_in(request)
        assert score.details["prompt_tokens"] == len(request) + len(begun)
        assert score.how == "P(A) / (P(A) + P(B)) of the next token, spellings of an option pooled"
