"""Ask again: the same question a second time, in the same conversation, after its own answer."""

from __future__ import annotations

import pytest

from tests.methods.playing import SUM, Judge, Play, first_drafts, of_role, placed, turns
from webapp.engine.protocol import Prompt
from webapp.methods.ask_again import CONFIDENCE, CRITIQUE, LEAD
from webapp.tasks.question import Question

QUESTION = Question.of(SUM).prompt().messages[-1].content


def wavering(prompt: Prompt, sample: int) -> str:
    """Say 4, 5, 6... first, and 4 when asked again."""
    return f"Answer: {4 + sample}" if len(prompt.messages) == 1 else "Answer: 4"


async def test_the_second_turn_is_the_question_word_for_word(play: Play, model: Judge) -> None:
    model.script = wavering
    stored = await play("ask_again", samples=2)
    assert [turns(g) for g in of_role(stored, "revision")] == [
        [QUESTION, "Answer: 4", QUESTION],
        [QUESTION, "Answer: 5", QUESTION],
    ]
    assert [role for role, _ in of_role(stored, "revision")[0].messages] == ["user", "assistant", "user"]


@pytest.mark.parametrize(("style", "lead"), [("confidence", CONFIDENCE), ("critique", CRITIQUE)])
async def test_the_other_styles_lead_in_to_the_same_question(play: Play, model: Judge, style: str, lead: str) -> None:
    model.script = wavering
    [revision] = of_role(await play("ask_again", style=style), "revision")
    assert turns(revision)[-1] == f"{lead}\n\n{QUESTION}"


def test_no_style_asserts_that_the_answer_was_wrong() -> None:
    """Encouraged to keep it unless certain, asked to look for mistakes: neither reveals anything."""
    assert LEAD == {"re-ask": "", "confidence": CONFIDENCE, "critique": CRITIQUE}
    assert "unless you are certain that it is wrong" in CONFIDENCE
    assert "give a different answer if you find one" in CRITIQUE


async def test_every_sample_gets_one_second_answer_and_no_critique_is_written(play: Play, model: Judge) -> None:
    model.script = wavering
    stored = await play("ask_again", samples=3)
    assert placed(stored) == [
        row
        for branch in range(3)
        for row in [
            ("draft", branch, 0, []),
            ("revision", branch, 1, [("draft", branch, 0)]),
        ]
    ]


async def test_the_second_answers_decide_and_both_attempts_are_judged(play: Play, model: Judge) -> None:
    model.script = wavering
    stored = await play("ask_again", samples=3)
    assert [g.verdict for g in first_drafts(stored)] == ["correct", "incorrect", "incorrect"]
    assert [g.verdict for g in of_role(stored, "revision")] == ["correct"] * 3
    outcome = stored.run.outcome
    assert (outcome.answer, [v.branches for v in outcome.votes]) == ("4", [(0, 1, 2)])
    assert outcome.chosen_generation == of_role(stored, "revision")[0].id
    assert (outcome.first_answer, outcome.first_verdict) == ("4", "correct")


async def test_a_worse_second_answer_counts(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: "Answer: 4" if len(prompt.messages) == 1 else "Answer: 5"
    outcome = (await play("ask_again")).run.outcome
    assert (outcome.first_verdict, outcome.answer, outcome.verdict) == ("correct", "5", "incorrect")
