"""ISC: a first answer, a verdict and a final answer in one reply."""

from __future__ import annotations

from typing import Any

import pytest

from storage.records import StoredRun
from tests.methods.playing import SUM, Judge, Play, of_role, turns
from tests.methods.signalled import score_of
from webapp.methods.isc import FIRST, THEN, Reply, read
from webapp.tasks.question import Question

RIGHT = "2 + 2 = 4.\nAnswer: 4\nVerification: correct"
FIXED = "2 + 2 = 5.\nAnswer: 5\nVerification: incorrect, one too many.\nAnswer: 4"


def says(model: Judge, *texts: str) -> None:
    model.script = lambda prompt, sample: texts[sample]


def samples_of(stored: StoredRun) -> list[dict[str, Any]]:
    return list(score_of(stored, "isc_changed").details["samples"])


async def test_answer_verdict_and_final_answer_are_one_reply(play: Play, model: Judge) -> None:
    """No second request and no word of ours inside: the pieces have one prompt, one label and one noise."""
    says(model, FIXED)
    stored = await play("isc")
    asked = f"{SUM.question}\n\n{FIRST}\n\n{Question.of(SUM).answer_format()}\n\n{THEN}"
    assert [turns(g) for g in stored.generations] == [[asked]] * 2
    assert [(g.role, g.round, g.label) for g in stored.generations] == [
        ("draft", 0, "draft"),
        ("revision", 1, "draft"),
    ]
    assert {span.origin for g in stored.generations for span in g.spans} == {"model"}
    assert stored.generations[1].text == FIXED
    assert sum(g.cost.generated_tokens for g in stored.generations) == len(FIXED) + 1


async def test_a_rejected_answer_is_replaced_by_what_follows(play: Play, model: Judge) -> None:
    says(model, FIXED)
    stored = await play("isc")
    outcome = stored.run.outcome
    assert (outcome.first_answer, outcome.first_verdict, outcome.answer, outcome.verdict) == (
        "5", "incorrect", "4", "correct",
    )  # fmt: skip
    assert outcome.chosen_generation == of_role(stored, "revision")[0].id
    [sample] = samples_of(stored)
    assert (sample["first"], sample["verdicts"], sample["final"], sample["changed"]) == ("5", [False], "4", True)
    assert score_of(stored, "isc_changed").value == 1.0


async def test_a_verified_answer_stands_whatever_is_said_afterwards(play: Play, model: Judge) -> None:
    says(model, f"{RIGHT}\nThat is all, but 7 is a nice number.\nAnswer: 7")
    stored = await play("isc")
    assert (stored.run.outcome.answer, stored.run.outcome.chosen_generation) == ("4", of_role(stored, "draft")[0].id)
    assert samples_of(stored)[0]["changed"] is False


async def test_a_rejection_without_another_answer_is_no_answer(play: Play, model: Judge) -> None:
    says(model, "Answer: 5\nVerification: incorrect. Hm.")
    outcome = (await play("isc")).run.outcome
    assert (outcome.answer, outcome.verdict, outcome.first_answer) == (None, "unparsed", "5")


@pytest.mark.parametrize("text", ["Answer: 5", "Answer: 5\nVerification: I like it.\nAnswer: 4"])
async def test_without_a_verdict_the_first_answer_stands_and_that_is_noted(
    play: Play, model: Judge, text: str
) -> None:
    says(model, text)
    stored = await play("isc")
    assert (stored.run.outcome.answer, samples_of(stored)[0]["verdicts"]) == ("5", [])
    assert stored.run.outcome.note == "1 of 1 replies state no verdict and keep their first answer."


async def test_a_reply_has_its_tokens_in_all(play: Play, model: Judge) -> None:
    says(model, FIXED)
    stored = await play("isc", max_tokens=40)
    assert sum(g.cost.generated_tokens for g in stored.generations) == 40
    assert samples_of(stored)[0]["cut"] is True
    assert of_role(stored, "revision")[0].text == FIXED[:40]


async def test_replies_of_several_samples_vote_with_their_final_answers(play: Play, model: Judge) -> None:
    says(model, FIXED, "Answer: 5\nVerification: correct", RIGHT)
    stored = await play("isc", samples=3)
    assert [(v.answer, v.branches) for v in stored.run.outcome.votes] == [("4", (0, 2)), ("5", (1,))]
    assert score_of(stored, "isc_changed").value == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (RIGHT, Reply((True,), None)),
        (FIXED, Reply((False,), ", one too many.\nAnswer: 4")),
        ("5\n**Verification:** Correct.", Reply((True,), None)),
        ("5\n**Verification**: not correct. 4", Reply((False,), ". 4")),
        ("5\nVerification: My answer is wrong. 4", Reply((False,), ". 4")),
        ("5\nVerification:\nincorrect\n4", Reply((False,), "\n4")),
        ("5\nVerification: incorrect 3\nVerification: correct", Reply((False, True), " 3\n")),  # the second one holds
        ("5\nVerification: incorrect 3\nVerification: wrong 4", Reply((False, False), " 4")),
        ("5\nVerification: correct or incorrect", Reply((), None)),  # the form repeated
        ("5\nVerification: I think so", Reply((), None)),
        ("It is incorrect to guess.", Reply((), None)),
        ("", Reply((), None)),
    ],
)
def test_the_last_verdict_decides(reply: str, found: Reply) -> None:
    assert read(reply) == found
