"""Self-Refine: feedback and refinement with the whole history, until the feedback finds nothing."""

from __future__ import annotations

import pytest

from tests.methods.playing import SUM, Judge, Play, of_role, placed, said_to, turns
from webapp.engine.protocol import Prompt
from webapp.methods.self_refine import (
    FEEDBACK,
    FEEDBACK_EXAMPLES,
    REFINE,
    REFINE_EXAMPLES,
    STOP_PHRASE,
    SelfRefineParams,
    finds_nothing,
)
from webapp.tasks.question import Question

QUESTION = Question.of(SUM)
STARTS = "Question: What is 2 + 2?\n\nAttempt 1:\nAnswer: 5"


def finding(prompt: Prompt, sample: int) -> str:
    """Answer 5, find fault with it, refine to 6, find fault..."""
    said = said_to(prompt)
    if said.endswith(FEEDBACK):
        return f"Step {said.count('Attempt')} is off."
    return f"Answer: {5 + said.count('Attempt')}"


def content_after(rounds: int, prompt: Prompt, sample: int) -> str:
    """Find fault until `rounds` attempts were made, then write the stop phrase."""
    said = said_to(prompt)
    done = said.count("Attempt") > rounds
    return STOP_PHRASE if said.endswith(FEEDBACK) and done else finding(prompt, sample)


async def test_feedback_is_asked_about_the_attempt_after_worked_examples(play: Play, model: Judge) -> None:
    model.script = finding
    [critique] = of_role(await play("self_refine", max_rounds=1), "critique")
    shown = [text for example in FEEDBACK_EXAMPLES for text in example]
    assert turns(critique) == [*shown, f"{STARTS}\n\n{FEEDBACK}"]
    assert [role for role, _ in critique.messages] == ["user", "assistant", "user", "assistant", "user"]


async def test_the_refinement_sees_question_attempt_and_feedback(play: Play, model: Judge) -> None:
    model.script = finding
    [revision] = of_role(await play("self_refine", max_rounds=1), "revision")
    shown = [text for example in REFINE_EXAMPLES for text in example]
    asked = f"{STARTS}\n\nFeedback 1:\nStep 1 is off.\n\n{REFINE}\n\n{QUESTION.answer_format()}"
    assert turns(revision) == [*shown, asked]


async def test_every_prompt_keeps_all_attempts_and_all_feedback(play: Play, model: Judge) -> None:
    model.script = finding
    stored = await play("self_refine", max_rounds=3)
    history = (
        f"{STARTS}\n\nFeedback 1:\nStep 1 is off.\n\nAttempt 2:\nAnswer: 6\n\nFeedback 2:\nStep 2 is off."
        "\n\nAttempt 3:\nAnswer: 7"
    )
    assert turns(of_role(stored, "critique")[-1])[-1] == f"{history}\n\n{FEEDBACK}"
    last = turns(of_role(stored, "revision")[-1])[-1]
    assert last.startswith(f"{history}\n\nFeedback 3:\nStep 3 is off.\n\n{REFINE}")


async def test_it_stops_as_soon_as_the_feedback_finds_nothing(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: content_after(1, prompt, sample)
    stored = await play("self_refine", max_rounds=5)
    assert placed(stored) == [
        ("draft", 0, 0, []),
        ("critique", 0, 1, [("draft", 0, 0)]),
        ("revision", 0, 1, [("draft", 0, 0), ("critique", 0, 1)]),
        ("critique", 0, 2, [("revision", 0, 1)]),
    ]
    assert (stored.run.outcome.first_answer, stored.run.outcome.answer) == ("5", "6")


async def test_content_feedback_at_once_leaves_the_draft_as_the_answer(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: content_after(0, prompt, sample)
    stored = await play("self_refine", max_rounds=3)
    assert [g.role for g in stored.generations] == ["draft", "critique"]
    assert stored.run.outcome.chosen_generation == stored.generations[0].id


async def test_branches_stop_on_their_own(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: content_after(0 if sample == 0 else 9, prompt, sample)
    stored = await play("self_refine", samples=2, max_rounds=2)
    assert [(g.branch, g.round) for g in of_role(stored, "revision")] == [(1, 1), (1, 2)]
    assert [v.branches for v in stored.run.outcome.votes] == [(0,), (1,)]


async def test_at_most_max_rounds_and_the_last_refinement_counts(play: Play, model: Judge) -> None:
    model.script = finding
    stored = await play("self_refine", max_rounds=2)
    assert [len(of_role(stored, "critique")), len(of_role(stored, "revision"))] == [2, 2]
    assert (stored.run.outcome.answer, stored.run.outcome.verdict) == ("7", "incorrect")
    assert SelfRefineParams().max_rounds == 2


async def test_being_right_does_not_stop_it(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: "Is it?" if said_to(prompt).endswith(FEEDBACK) else "Answer: 4"
    stored = await play("self_refine", max_rounds=3)
    assert len(of_role(stored, "revision")) == 3 and not stored.run.oracle


@pytest.mark.parametrize(
    "feedback",
    [
        "No problems found.",
        "no problems found",
        "  NO PROBLEMS FOUND!\n",
        "**No problems found.**",
        '"No problems found."',
        "Every step is right.\n\nNo problems found.",
        "No problems found.\nThe answer is 4.",
        "- No problems found.",
    ],
)
def test_the_stop_phrase_counts_on_a_line_of_its_own_whatever_its_case_and_marks(feedback: str) -> None:
    assert finds_nothing(feedback)


@pytest.mark.parametrize(
    "feedback",
    [
        "",
        "\n \n",
        "No problems found in step 1, but step 2 is wrong.",
        "No problem found.",
        "I would not say: no problems found.",
        "Step 1 is wrong.\nNo problems found.\nStep 3 is wrong.",
        "It is correct.",
        "There are no problems found here",
    ],
)
def test_anything_else_is_feedback(feedback: str) -> None:
    assert not finds_nothing(feedback)


def test_the_worked_examples_show_one_mistake_and_one_right_attempt() -> None:
    (mistaken, named), (right, content) = FEEDBACK_EXAMPLES
    assert mistaken.endswith(FEEDBACK) and right.endswith(FEEDBACK)
    assert not finds_nothing(named) and content == STOP_PHRASE
    assert STOP_PHRASE in FEEDBACK, "the model is told how to say that nothing is wrong"
