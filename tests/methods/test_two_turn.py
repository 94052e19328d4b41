"""Two-turn correction: SCoRe's inference format, exactly one correction and no word on whether it was needed."""

from __future__ import annotations

from tests.methods.playing import SUM, Judge, Play, first_drafts, of_role, placed, turns
from webapp.engine.protocol import Prompt
from webapp.methods.registry import methods
from webapp.methods.two_turn import CORRECT, TwoTurnParams
from webapp.tasks.question import Question

QUESTION = Question.of(SUM)


def correcting(prompt: Prompt, sample: int) -> str:
    """Say 5, 6, 7... first; correct the first two of them to 4, and the third to 8."""
    if len(prompt.messages) == 1:
        return f"I think so.\nAnswer: {5 + sample}"
    return f"Answer: {[4, 4, 8][sample]}"


async def test_the_correction_is_a_second_turn_after_the_whole_first_solution(play: Play, model: Judge) -> None:
    model.script = correcting
    [revision] = of_role(await play("two_turn"), "revision")
    asked = QUESTION.prompt().messages[-1].content
    assert turns(revision) == [asked, "I think so.\nAnswer: 5", f"{CORRECT}\n\n{QUESTION.answer_format()}"]
    assert [role for role, _ in revision.messages] == ["user", "assistant", "user"]


def test_the_instruction_supposes_an_error_and_does_not_assert_one() -> None:
    """Told that there *might* be an error, because the question was misunderstood; to write it all out again."""
    assert "might contain an error" in CORRECT and "misunderstood" in CORRECT
    assert "If there is one" in CORRECT and "whole solution" in CORRECT


async def test_there_is_exactly_one_correction_whatever_it_says(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: "Answer: 5" if len(prompt.messages) == 1 else "I am not sure yet."
    stored = await play("two_turn", samples=2)
    assert placed(stored) == [
        ("draft", 0, 0, []),
        ("revision", 0, 1, [("draft", 0, 0)]),
        ("draft", 1, 0, []),
        ("revision", 1, 1, [("draft", 1, 0)]),
    ]
    assert set(TwoTurnParams.model_fields) == set(TwoTurnParams.__base__.model_fields)  # type: ignore[union-attr]


async def test_a_larger_budget_is_spent_as_a_majority_of_the_corrected_ones(play: Play, model: Judge) -> None:
    model.script = correcting
    stored = await play("two_turn", samples=3)
    outcome = stored.run.outcome
    assert (outcome.answer, [(v.answer, v.branches) for v in outcome.votes]) == ("4", [("4", (0, 1)), ("8", (2,))])
    assert [g.answer for g in first_drafts(stored)] == ["5", "6", "7"]


async def test_the_second_answer_counts_even_where_it_is_worse(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: "Answer: 4" if len(prompt.messages) == 1 else "Nothing to add."
    outcome = (await play("two_turn")).run.outcome
    assert (outcome.first_verdict, outcome.answer, outcome.verdict) == ("correct", None, "unparsed")


def test_it_is_called_an_emulation_and_not_the_trained_method() -> None:
    spec = methods()["two_turn"]
    assert spec.faithful == "prompted emulation"
    assert "trains" in spec.faithful_note and spec.title != "SCoRe"
