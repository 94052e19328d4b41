"""SuperCorrect: a hierarchical thought in tags, in a single pass."""

from __future__ import annotations

from typing import Any

import pytest

from storage.records import StoredRun
from tests.methods.playing import SUM, Judge, Play
from tests.methods.signalled import score_of
from webapp.methods.super_correct import SYSTEM, Step, Thought, thought
from webapp.runs.request import typed_problem
from webapp.tasks.question import Question

ASKED = Question.of(SUM).prompt().messages[-1].content
REPLY = (
    "<Step1>\nTwo and two.\n<Key>Add, do not multiply.</Key>\n</Step1>\n<Step2>2 + 2 = 4</Step2>\n"
    "<Generalized>Count on.</Generalized>\n<Answer>4</Answer>"
)
STEPS = (Step(1, "Two and two.", ("Add, do not multiply.",)), Step(2, "2 + 2 = 4", ()))


def says(model: Judge, *texts: str) -> None:
    model.script = lambda prompt, sample: texts[sample]


def samples_of(stored: StoredRun) -> list[dict[str, Any]]:
    return list(score_of(stored, "tagged_steps").details["samples"])


async def test_one_greedy_pass_after_a_system_prompt(play: Play, model: Judge) -> None:
    says(model, REPLY)
    stored = await play("super_correct")
    [reply] = stored.generations
    assert reply.messages == (("system", SYSTEM), ("user", ASKED))
    assert (reply.role, reply.label, reply.sampling["temperature"], reply.cost.calls) == ("draft", "draft", 0.0, 1)
    assert (stored.run.outcome.answer, stored.run.outcome.first_answer) == ("4", "4")
    [sample] = samples_of(stored)
    assert [len(step["keys"]) for step in sample["steps"]] == [1, 0]
    assert (sample["generalized"], sample["answer"], score_of(stored, "tagged_steps").value) == (
        "Count on.",
        "4",
        2.0,
    )


@pytest.mark.parametrize(("setting", "answer"), [("last answer", "4"), ("no answer", None)])
async def test_without_an_answer_in_tags_a_setting_decides(
    play: Play, model: Judge, setting: str, answer: str | None
) -> None:
    says(model, "<Step1>2 + 2</Step1>\nAnswer: 4")
    stored = await play("super_correct", without_block=setting)
    assert stored.run.outcome.answer == answer
    assert stored.run.outcome.note == "1 of 1 replies have no <Answer>."


async def test_an_answer_in_tags_may_be_a_bare_letter(play: Play, model: Judge) -> None:
    says(model, "<Step1>Owls fly.</Step1><Answer>B</Answer>")
    bird = typed_problem("Which is a bird?", "choice", "B", ("cat", "owl"))
    assert (await play("super_correct", bird)).run.outcome.verdict == "correct"


async def test_replies_of_several_samples_vote(play: Play, model: Judge) -> None:
    says(model, REPLY, "<Answer>5</Answer>", "<Answer>\nAnswer: 4\n</Answer>")
    stored = await play("super_correct", samples=3, temperature=0.5)
    assert [(v.answer, v.branches) for v in stored.run.outcome.votes] == [("4", (0, 2)), ("5", (1,))]


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        (REPLY, Thought(STEPS, "Count on.", "4")),
        ("<step 1>a<Step2>b<Generalized>c<Answer>d", Thought((Step(1, "a", ()), Step(2, "b", ())), "c", "d")),
        ("<Step1>a <Key>k", Thought((Step(1, "a", ("k",)),), None, None)),
        ("<Answer>1</Answer> No: <Answer>2</Answer>", Thought((), None, "2")),
        ("no tags", Thought((), None, None)),
    ],
)
def test_a_reply_is_taken_apart_by_its_tags(reply: str, found: Thought) -> None:
    assert thought(reply) == found
