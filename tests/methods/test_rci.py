"""RCI: critique and improvement as two turns of one growing conversation, a fixed number of times."""

from __future__ import annotations

import pytest

from tests.methods.playing import SUM, Judge, Play, of_role, placed, said_to, turns
from webapp.engine.protocol import Prompt
from webapp.methods.rci import IMPROVE, REVIEW
from webapp.tasks.question import Question

QUESTION = Question.of(SUM)
ASKED = QUESTION.prompt().messages[-1].content
IMPROVED = f"{IMPROVE}\n\n{QUESTION.answer_format()}"


def talking(prompt: Prompt, sample: int) -> str:
    """Answer 5, find a problem, improve to 6, find another, improve to 7..."""
    rounds = len(prompt.messages) // 4
    return f"Problem {rounds + 1}." if said_to(prompt) == REVIEW else f"Answer: {5 + rounds}"


async def test_critique_and_improvement_are_two_calls_in_one_conversation(play: Play, model: Judge) -> None:
    model.script = talking
    stored = await play("rci")
    [critique], [revision] = of_role(stored, "critique"), of_role(stored, "revision")
    assert turns(critique) == [ASKED, "Answer: 5", REVIEW]
    assert turns(revision) == [ASKED, "Answer: 5", REVIEW, "Problem 1.", IMPROVED]
    assert [role for role, _ in revision.messages] == ["user", "assistant", "user", "assistant", "user"]


async def test_later_rounds_see_everything_that_was_said(play: Play, model: Judge) -> None:
    model.script = talking
    last = of_role(await play("rci", rounds=3), "revision")[-1]
    assert turns(last) == [
        ASKED, "Answer: 5", REVIEW, "Problem 1.", IMPROVED, "Answer: 6", REVIEW, "Problem 2.", IMPROVED,
        "Answer: 7", REVIEW, "Problem 3.", IMPROVED,
    ]  # fmt: skip


async def test_every_text_says_what_it_came_from(play: Play, model: Judge) -> None:
    model.script = talking
    assert placed(await play("rci", samples=2, rounds=2)) == [
        row
        for b in range(2)
        for row in [
            ("draft", b, 0, []),
            ("critique", b, 1, [("draft", b, 0)]),
            ("revision", b, 1, [("draft", b, 0), ("critique", b, 1)]),
            ("critique", b, 2, [("revision", b, 1)]),
            ("revision", b, 2, [("revision", b, 1), ("critique", b, 2)]),
        ]
    ]


@pytest.mark.parametrize("rounds", [1, 2, 4])
async def test_it_goes_on_for_the_chosen_rounds_even_when_right_or_content(
    play: Play, model: Judge, rounds: int
) -> None:
    model.script = lambda prompt, sample: "No problems found." if said_to(prompt) == REVIEW else "Answer: 4"
    stored = await play("rci", rounds=rounds)
    assert [len(of_role(stored, "critique")), len(of_role(stored, "revision"))] == [rounds, rounds]
    assert not stored.run.oracle


async def test_rounds_draw_noise_of_their_own(play: Play, model: Judge) -> None:
    model.script = talking
    stored = await play("rci", samples=2, rounds=2)
    keys = [(g.sampling["label"], g.sampling["first_sample"]) for g in stored.generations]
    assert len(set(keys)) == len(keys) == 10
    assert {label for label, _ in keys} == {"draft", "critique-1", "revision-1", "critique-2", "revision-2"}


async def test_the_last_improvement_is_the_answer(play: Play, model: Judge) -> None:
    model.script = talking
    stored = await play("rci", rounds=2)
    assert (stored.run.outcome.answer, stored.run.outcome.first_answer) == ("7", "5")
    assert stored.run.outcome.chosen_generation == of_role(stored, "revision")[-1].id


async def test_in_correctbenchs_reading_the_reference_ends_it(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: (
        "Hm." if said_to(prompt) == REVIEW else f"Answer: {2 + len(prompt.messages) // 4}"
    )
    stored = await play("rci", rounds=5, reading="CorrectBench")
    assert [g.answer for g in of_role(stored, "revision")] == ["3", "4"]
    assert (stored.run.oracle, stored.run.outcome.answer) == (True, "4")
    assert len(of_role(await play("rci", rounds=5), "revision")) == 5


async def test_a_right_first_answer_and_the_last_round_are_not_looked_up(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: "Hm." if said_to(prompt) == REVIEW else "Answer: 4"
    stored = await play("rci", rounds=1, reading="CorrectBench")
    assert (len(of_role(stored, "revision")), stored.run.oracle) == (1, False)
