"""Self-check: a critique and a verdict for every sample, and a vote on those that are not found incorrect."""

from __future__ import annotations

from typing import Any

import pytest

from storage.records import Score, StoredRun
from tests.methods.playing import SUM, Judge, Play, of_role, placed, said_to, turns
from webapp.engine.protocol import Prompt
from webapp.methods.self_check import CHECK, EXAMPLES, verdict
from webapp.tasks.question import Question

CORRECT, INCORRECT = "Fine.\nVerdict: correct", "Off.\nVerdict: incorrect"


def checking(model: Judge, drafts: list[str], verdicts: list[str]) -> None:
    """Draw these drafts, and criticise each sample with the words at its place."""

    def script(prompt: Prompt, sample: int) -> str:
        return verdicts[sample] if said_to(prompt).endswith(CHECK) else drafts[sample]

    model.script = script


def passed(stored: StoredRun) -> list[float | None]:
    return [score.value for score in stored.scores if score.name == "check_passed"]


def kept(stored: StoredRun) -> Score:
    [found] = [score for score in stored.scores if score.name == "check_kept"]
    return found


async def test_every_sample_is_criticised_in_a_conversation_that_quotes_it(play: Play, model: Judge) -> None:
    checking(model, ["Answer: 4", "Answer: 5"], [CORRECT, INCORRECT])
    stored = await play("self_check", samples=2)
    assert placed(stored) == [
        ("draft", 0, 0, []),
        ("critique", 0, 1, [("draft", 0, 0)]),
        ("draft", 1, 0, []),
        ("critique", 1, 1, [("draft", 1, 0)]),
    ]
    shown = [text for example in EXAMPLES for text in example]
    asked = f"Question: {Question.of(SUM).stated()}\n\nProposed answer:\nAnswer: 5\n\n{CHECK}"
    assert turns(of_role(stored, "critique")[1]) == [*shown, asked]


async def test_those_found_incorrect_do_not_vote(play: Play, model: Judge) -> None:
    checking(
        model,
        ["Answer: 5", "Answer: 5", "Answer: 4", "Answer: 4", "Answer: 5"],
        [INCORRECT, INCORRECT, CORRECT, CORRECT, CORRECT],
    )
    stored = await play("self_check")
    outcome = stored.run.outcome
    assert (outcome.answer, outcome.first_answer) == ("4", "5")
    assert [(v.answer, v.branches) for v in outcome.votes] == [("4", (2, 3)), ("5", (4,))]
    assert outcome.note == "3 of 5 samples passed the check. Without the check: 5."
    assert passed(stored) == [0, 0, 1, 1, 1]


async def test_where_none_is_left_all_vote(play: Play, model: Judge) -> None:
    checking(model, ["Answer: 5", "Answer: 4", "Answer: 4"], [INCORRECT] * 3)
    stored = await play("self_check", samples=3)
    outcome = stored.run.outcome
    assert (outcome.answer, [v.branches for v in outcome.votes]) == ("4", [(1, 2), (0,)])
    assert outcome.note.startswith("0 of 3 samples passed the check. None that passed states an answer, so all")
    assert kept(stored).value == 1


async def test_a_passing_sample_without_an_answer_leaves_none_to_vote(play: Play, model: Judge) -> None:
    checking(model, ["I pass.", "Answer: 4"], [CORRECT, INCORRECT])
    assert (await play("self_check", samples=2)).run.outcome.answer == "4"


async def test_a_single_passing_sample_decides(play: Play, model: Judge) -> None:
    checking(model, ["Answer: 5", "Answer: 5", "Answer: 4"], [INCORRECT, INCORRECT, CORRECT])
    stored = await play("self_check", samples=3)
    assert (stored.run.outcome.answer, stored.run.outcome.votes) == ("4", ())
    assert stored.run.outcome.chosen_generation == of_role(stored, "draft")[2].id


@pytest.mark.parametrize(("setting", "answer", "share"), [("keep", "5", 1.0), ("drop", "4", 0.5)])
async def test_what_becomes_of_a_critique_without_a_verdict_is_a_setting(
    play: Play, model: Judge, setting: str, answer: str, share: float
) -> None:
    checking(model, ["Answer: 5", "Answer: 4"], ["I cannot tell.", CORRECT])
    stored = await play("self_check", samples=2, unreadable=setting)
    assert passed(stored) == [None, 1]
    assert (stored.run.outcome.answer, kept(stored).value) == (answer, share)


async def test_the_vote_before_and_after_is_kept_with_how_certain_it_was(play: Play, model: Judge) -> None:
    drafts = ["Answer: 5", "Answer: 5.0", "Answer: 4", "Hm."]
    checking(model, drafts, [INCORRECT, CORRECT, CORRECT, CORRECT])
    found = kept(await play("self_check", samples=4))
    assert (found.value, found.generation_id) == (0.75, None)
    assert found.details["before"] == [{"answer": "5", "branches": [0, 1]}, {"answer": "4", "branches": [2]}]
    assert found.details["after"] == [{"answer": "5", "branches": [1]}, {"answer": "4", "branches": [2]}]
    certainty = found.details["certainty"]
    assert certainty["top_share"] == pytest.approx(2 / 3) and certainty["margin"] == pytest.approx(1 / 3)
    assert certainty["entropy"] == pytest.approx(0.579380164285695)


async def test_the_verdict_in_words_decides_and_no_reference(play: Play, model: Judge) -> None:
    checking(model, ["Answer: 4", "Answer: 5"], [INCORRECT, CORRECT])
    stored = await play("self_check", samples=2)
    assert (stored.run.outcome.answer, stored.run.outcome.verdict) == ("5", "incorrect")
    assert not model.judged and not stored.run.oracle


async def test_each_score_names_its_critique(play: Play, model: Judge) -> None:
    checking(model, ["Answer: 4", "Answer: 5"], [CORRECT, INCORRECT])
    stored = await play("self_check", samples=2)
    critiques: list[Any] = [s.details["critique"] for s in stored.scores if s.name == "check_passed"]
    assert critiques == [g.id for g in of_role(stored, "critique")]


@pytest.mark.parametrize(
    "critique",
    [
        "Verdict: correct",
        "All steps hold.\n\n**Verdict:** Correct.",
        "Verdict: incorrect? No, I was wrong.\nVERDICT: CORRECT",
        "My verdict is: correct",
        "Verdict: the proposed answer is correct.",
    ],
)
def test_a_verdict_of_correct(critique: str) -> None:
    assert verdict(critique) is True


@pytest.mark.parametrize(
    "critique",
    [
        "Verdict: incorrect",
        "Step 2 fails.\nverdict - 'incorrect'",
        "Verdict: not correct",
        "Verdict: correct\nWait.\nVerdict: Incorrect",
        "The verdict is incorrect.",
    ],
)
def test_a_verdict_of_incorrect(critique: str) -> None:
    assert verdict(critique) is False


@pytest.mark.parametrize(
    "critique",
    [
        "",
        "It is correct.",
        "Verdict:",
        "Verdict: correct or incorrect",
        "Verdict: correct/incorrect",
        "Verdict: unsure\ncorrect",
    ],
)
def test_no_verdict(critique: str) -> None:
    assert verdict(critique) is None


def test_the_worked_examples_show_one_verdict_each() -> None:
    assert [verdict(answer) for _, answer in EXAMPLES] == [False, True]
    assert all(request.endswith(CHECK) for request, _ in EXAMPLES)
    assert verdict(CHECK) is None, "the instruction repeated is no verdict"
