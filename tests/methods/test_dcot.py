"""DCoT: several chains in one reply, each in view of the earlier ones, then the final answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storage.records import StoredRun
from tests.methods.playing import SUM, Judge, Play, of_role, turns
from tests.methods.signalled import score_of
from webapp.methods.dcot import INSTRUCTION, Chains, diverse, taken_apart
from webapp.runs.request import typed_problem
from webapp.tasks.question import Question

REPLY = "2 and 2.\nAnswer: 5\n[Answer 2] Count: 1, 2, 3, 4.\nAnswer: 4\n[Final answer] 4"
QUESTION = Question.of(SUM)


def says(model: Judge, *texts: str) -> None:
    model.script = lambda prompt, sample: texts[sample]


def samples_of(stored: StoredRun) -> list[dict[str, Any]]:
    return list(score_of(stored, "dcot_agreeing").details["samples"])


def test_the_request_has_the_layout_of_the_paper() -> None:
    request = diverse(QUESTION, 2).messages[-1].content
    layout = f"[Question] {SUM.question}\n[Number of answers] 2\n[Answer 1]"
    assert request == f"{INSTRUCTION}\n\n{QUESTION.answer_format()}\n\n{layout}"
    bird = replace(Question.of(typed_problem("Which is a bird?", "choice", "B", ("cat", "owl"))), earlier="Said: owl")
    layout = "[Question] Which is a bird?\n[Options] (A) cat (B) owl\n[Context] Said: owl\n[Number of answers] 3\n"
    assert diverse(bird, 3).messages[-1].content.endswith(f"\n\n{layout}[Answer 1]")


async def test_all_chains_are_one_reply(play: Play, model: Judge) -> None:
    says(model, REPLY)
    stored = await play("dcot")
    assert [turns(g) for g in stored.generations] == [[diverse(QUESTION, 2).messages[0].content]] * 2
    assert [(g.role, g.label) for g in stored.generations] == [("draft", "draft"), ("revision", "draft")]
    assert [g.text for g in stored.generations] == ["2 and 2.\nAnswer: 5\n", REPLY]
    assert {span.origin for g in stored.generations for span in g.spans} == {"model"}


async def test_the_final_answer_counts_and_not_a_vote_of_the_chains(play: Play, model: Judge) -> None:
    says(model, "Answer: 5\n[Answer 2]\nAnswer: 5\n[Answer 3]\nAnswer: 4\n[Final answer] So 4")
    stored = await play("dcot", chains=3)
    outcome = stored.run.outcome
    assert (outcome.first_answer, outcome.answer, outcome.votes) == ("5", "4", ())
    assert outcome.chosen_generation == of_role(stored, "revision")[0].id
    [sample] = samples_of(stored)
    assert [(c["answer"], c["agrees"]) for c in sample["chains"]] == [("5", False), ("5", False), ("4", True)]
    assert score_of(stored, "dcot_agreeing").value == pytest.approx(1 / 3)


async def test_a_single_chain_goes_straight_to_the_final_answer(play: Play, model: Judge) -> None:
    says(model, "Answer: 5\n[Final Answer]\n4")
    stored = await play("dcot", chains=1)
    assert (stored.run.outcome.first_answer, stored.run.outcome.answer) == ("5", "4")


@pytest.mark.parametrize(("setting", "answer"), [("last answer", "4"), ("no answer", None)])
async def test_without_the_final_heading_a_setting_decides(
    play: Play, model: Judge, setting: str, answer: str | None
) -> None:
    says(model, "Answer: 5\n[Answer 2]\nAnswer: 4\n[Answer 3] Hm.")
    stored = await play("dcot", without_final=setting)
    assert stored.run.outcome.answer == answer
    assert samples_of(stored)[0]["concluded"] is False
    assert stored.run.outcome.note == "1 of 1 replies never come to their final answer."


async def test_a_final_heading_without_an_answer_is_no_answer(play: Play, model: Judge) -> None:
    says(model, "Answer: 5\n[Answer 2] Answer: 4\n[Final answer] I cannot say.")
    outcome = (await play("dcot")).run.outcome
    assert (outcome.answer, outcome.verdict, outcome.note) == (None, "unparsed", "")


async def test_a_bare_letter_is_an_answer(play: Play, model: Judge) -> None:
    says(model, "Owls fly.\nAnswer: A\n[Answer 2] No.\nAnswer: B\n[Final answer] B")
    bird = typed_problem("Which is a bird?", "choice", "B", ("cat", "owl"))
    outcome = (await play("dcot", bird)).run.outcome
    assert (outcome.first_answer, outcome.answer, outcome.verdict) == ("A", "B", "correct")


async def test_a_reply_has_its_tokens_in_all(play: Play, model: Judge) -> None:
    says(model, REPLY)
    stored = await play("dcot", max_tokens=50)
    assert sum(g.cost.generated_tokens for g in stored.generations) == 50
    assert samples_of(stored)[0]["cut"] is True


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (REPLY, Chains(("2 and 2.\nAnswer: 5", "Count: 1, 2, 3, 4.\nAnswer: 4"), "4")),
        ("[Answer 1] a\n**[Answer 2]** b\n## [Final Answer]: c", Chains(("a", "b"), "c")),
        ("a [answer 2] b [final answer] c [Answer 3] d", Chains(("a", "b"), "c")),
        ("a [Answer 2] [Answer 3] b", Chains(("a", "b"), None)),
        ("a [Final answer]", Chains(("a",), "")),
        ("just this", Chains(("just this",), None)),
        ("", Chains((), None)),
    ],
)
def test_a_reply_is_taken_apart_at_its_headings(reply: str, found: Chains) -> None:
    assert taken_apart(reply) == found
