"""CoVe: plan, answers in contexts without the draft, revision; the cross-check; CorrectBench's reading."""

from __future__ import annotations

from typing import Any

import pytest

from storage.records import Generation, StoredRun
from tests.methods.playing import SUM, Judge, Play, first_drafts, of_role, said_to, turns
from webapp.engine.protocol import Prompt
from webapp.methods._verdicts import verdict
from webapp.methods.cove import (
    COMPARED,
    CROSS_CHECK,
    EXAMPLES,
    PLAN,
    REVISE,
    CoVeParams,
    Planned,
    planning,
    questions,
    revising,
)
from webapp.methods.registry import methods
from webapp.runs.request import typed_problem
from webapp.tasks.question import Question

QUESTION = Question.of(SUM)
DRAFT = "Two and two are five.\nAnswer: 5"
PLANNED = "1. What is 2 plus 2?\n2. Is it 5?\n3. Which number follows 3?"
SAID = {"What is 2 plus 2?": "It is 4.", "Which number follows 3?": "4 does.", "Is it 5?": "Yes."}
LABELS = {"It is 4.": "They differ.\nLabel: inconsistent", "4 does.": "No clash.\nLabel: consistent", "Yes.": "Hm."}


def scripted(model: Judge, *, plan: str = PLANNED, draft: str = DRAFT) -> None:
    def script(prompt: Prompt, sample: int) -> str:
        asked = said_to(prompt)
        if asked.endswith(PLAN):
            return plan
        if "Label: inconsistent" in asked:
            return next(label for said, label in LABELS.items() if f"They said:\n{said}\n" in asked)
        if "First answer:\n" in asked:
            return f"Revised.\nAnswer: {4 + sample}"
        return next((said for put, said in SAID.items() if put in asked), draft)

    model.script = script


def details(stored: StoredRun) -> list[dict[str, Any]]:
    return [dict(score.details) for score in stored.scores if score.name == "verification_questions"]


def labels(stored: StoredRun) -> list[str]:
    return [g.label for g in stored.generations]


async def test_draft_plan_answers_revision(play: Play, model: Judge) -> None:
    scripted(model)
    stored = await play("cove")
    assert labels(stored) == ["draft", "plan", "verification-1", "verification-2", "revision-1"]
    draft, plan, first, second, revision = stored.generations
    assert [g.role for g in stored.generations] == ["draft", "question", "verification", "verification", "revision"]
    assert (plan.parents, first.parents, second.parents) == ((draft.id,), (plan.id,), (plan.id,))
    assert revision.parents == (draft.id, plan.id, first.id, second.id)
    assert {(g.branch, g.round) for g in stored.generations[1:]} == {(0, 1)}
    assert (stored.run.outcome.answer, stored.run.outcome.first_answer) == ("4", "5")
    assert stored.run.outcome.chosen_generation == revision.id and stored.run.cost.calls == 5


@pytest.mark.parametrize("variant", ["factored", "factor+revise"])
@pytest.mark.parametrize("reading", ["paper", "CorrectBench"])
@pytest.mark.parametrize("show_problem", [False, True])
async def test_no_question_is_answered_with_the_draft_in_view(
    play: Play, model: Judge, variant: str, reading: str, show_problem: bool
) -> None:
    scripted(model, plan=f"1. What is 2 plus 2?\n2. Why {' '.join(DRAFT.split())}?\n3. Which number follows 3?")
    stored = await play("cove", samples=2, variant=variant, reading=reading, show_problem=show_problem)
    answers = of_role(stored, "verification")
    assert len(answers) == 4
    for answer in answers:
        [only] = turns(answer)  # a fresh context: nothing was said before, nothing is continued
        assert not answer.prefix
        for hidden in ("five", "Answer: 5", "First answer", stored.generations[0].text):
            assert hidden not in only
        assert (SUM.question in only) is show_problem


async def test_the_problem_is_shown_without_what_an_earlier_stage_said_to_it(play: Play, model: Judge) -> None:
    scripted(model)
    settings = '[{}, {"show_problem": true}]'
    stored = await play("mixture", stages="self_consistency > cove", settings=settings)
    answers = of_role(stored, "verification")
    assert len(answers) == 2
    for answer in answers:
        assert SUM.question in turns(answer)[0]
        assert DRAFT not in turns(answer)[0], "that is a draft too"
    [revision] = [g for g in of_role(stored, "revision") if g.label.endswith("revision-1")]
    assert f"An earlier response to this question:\n{DRAFT}" in turns(revision)[0]


async def test_every_question_has_a_context_of_its_own(play: Play, model: Judge) -> None:
    scripted(model)
    first, second = of_role(await play("cove"), "verification")
    assert turns(first)[0].endswith("\n\nWhat is 2 plus 2?") and "follows" not in turns(first)[0]
    assert turns(second)[0].endswith("\n\nWhich number follows 3?") and "It is 4." not in turns(second)[0]


async def test_the_plan_sees_question_and_draft(play: Play, model: Judge) -> None:
    scripted(model)
    [plan] = of_role(await play("cove"), "question")
    assert turns(plan) == [m.content for m in planning(QUESTION, DRAFT, "paper").messages]
    assert turns(plan)[-1] == f"Question: {SUM.question}\n\nAnswer:\n{DRAFT}\n\n{PLAN}"


async def test_in_correctbench_the_plan_sees_the_draft_alone(play: Play, model: Judge) -> None:
    scripted(model)
    [plan] = of_role(await play("cove", reading="CorrectBench"), "question")
    assert turns(plan)[-1] == f"Answer:\n{DRAFT}\n\n{PLAN}"
    assert not any(question in turn for turn in turns(plan) for question in (SUM.question, EXAMPLES[0][0]))


async def test_the_revision_sees_question_draft_and_all_answers(play: Play, model: Judge) -> None:
    scripted(model)
    [revision] = of_role(await play("cove"), "revision")
    assert turns(revision) == [
        f"Question: {SUM.question}\n\nFirst answer:\n{DRAFT}\n\nChecks, made without seeing it:\n"
        "1. What is 2 plus 2?\nIt is 4.\n2. Which number follows 3?\n4 does.\n\n"
        f"{REVISE}\n\n{QUESTION.answer_format()}"
    ]


async def test_factor_and_revise_compares_each_answer_with_the_draft(play: Play, model: Judge) -> None:
    scripted(model)
    stored = await play("cove", variant="factor+revise", keep_leading=True)
    compared = sorted(of_role(stored, "evaluation"), key=lambda g: g.label)
    assert [g.label for g in compared] == ["cross-check-1", "cross-check-2", "cross-check-3"]
    draft, [first, *_] = first_drafts(stored)[0], of_role(stored, "verification")
    assert turns(compared[0]) == [
        *(text for example in COMPARED for text in example),
        CROSS_CHECK.format(question=SUM.question, draft=DRAFT, asked="What is 2 plus 2?", said="It is 4."),
    ]
    assert compared[0].parents == (draft.id, first.id)
    [told] = details(stored)
    assert [row["consistent"] for row in told["questions"]] == [False, None, True]
    assert [row["label"] for row in told["questions"]] == [g.id for g in compared]
    [revision] = of_role(stored, "revision")
    said = turns(revision)[0]
    assert "It is 4.\nThe first answer contradicts this.\n2. Is it 5?\nYes.\n3." in said
    assert "4 does.\nThe first answer is consistent with this." in said
    assert {g.id for g in compared} < set(revision.parents)


async def test_without_the_cross_check_it_is_not_called_that(play: Play, model: Judge) -> None:
    scripted(model)
    stored = await play("cove")
    assert not of_role(stored, "evaluation") and details(stored)[0]["variant"] == "factored"


async def test_leading_questions_are_dropped_and_said_to_be(play: Play, model: Judge) -> None:
    scripted(model)
    stored = await play("cove")
    [told] = details(stored)
    assert [(row["question"], row["dropped"]) for row in told["questions"]] == [
        ("What is 2 plus 2?", ""), ("Is it 5?", "leading"), ("Which number follows 3?", ""),
    ]  # fmt: skip
    answered = [g.id for g in of_role(stored, "verification")]
    assert [row["answer"] for row in told["questions"]] == [answered[0], None, answered[1]]


@pytest.mark.parametrize("settings", [{"keep_leading": True}, {"reading": "CorrectBench"}])
async def test_leading_questions_can_be_kept(play: Play, model: Judge, settings: dict[str, Any]) -> None:
    scripted(model)
    assert len(of_role(await play("cove", **settings), "verification")) == 3


async def test_without_a_question_the_draft_stands(play: Play, model: Judge) -> None:
    scripted(model, plan="It looks right to me.\n1. Nothing to ask.")
    stored = await play("cove")
    assert labels(stored) == ["draft", "plan"]
    outcome = stored.run.outcome
    assert (outcome.answer, outcome.chosen_generation) == ("5", first_drafts(stored)[0].id)
    assert outcome.note == "No question could be put about sample 1: nothing was verified, and it stands as it is."
    [told] = details(stored)
    assert (told["questions"], told["revision"]) == ([], None)


async def test_in_correctbench_it_is_rewritten_even_then(play: Play, model: Judge) -> None:
    scripted(model, plan="It looks right to me.")
    stored = await play("cove", reading="CorrectBench")
    assert labels(stored) == ["draft", "plan", "revision-1"] and stored.run.outcome.answer == "4"
    assert "nothing was verified, and it was rewritten without any check." in stored.run.outcome.note
    assert details(stored)[0]["revision"] == stored.generations[-1].id


async def test_samples_are_verified_apart_and_vote(play: Play, model: Judge) -> None:
    scripted(model)
    stored = await play("cove", samples=3)
    assert [g.branch for g in of_role(stored, "question")] == [0, 1, 2]
    by_id: dict[str, Generation] = {g.id: g for g in stored.generations}
    assert all(by_id[parent].branch == g.branch for g in stored.generations for parent in g.parents)
    assert [vote.answer for vote in stored.run.outcome.votes] == ["4", "5", "6"]
    assert [score.value for score in stored.scores] == [2, 2, 2]
    assert [score.generation_id for score in stored.scores] == [g.id for g in of_role(stored, "revision")]


def plan_of(text: str, draft: str = DRAFT, **settings: Any) -> list[tuple[str, str]]:
    return [(each.question, each.dropped) for each in questions(text, draft, CoVeParams(**settings))]


@pytest.mark.parametrize(
    ("plan", "read"),
    [
        ("1. What?\n2) Who, and why? Because.\n- 3: Where?", ["What?", "Who, and why?", "Where?"]),
        ("**1.** How many?", ["How many?"]),
        ("Questions: 1. What? 2. Who?", []),
        ("What?\nWho?", []),
        ("1. What is 1.5 + 2.5?\n1. What is 1.5 + 2.5?", ["What is 1.5 + 2.5?"]),
        ("1. What", []),
        ("", []),
    ],
)
def test_questions_stand_on_numbered_lines(plan: str, read: list[str]) -> None:
    assert plan_of(plan) == [(question, "") for question in read]


@pytest.mark.parametrize(
    ("plan", "read"),
    [
        ("Questions: 1. What? 2. Who?", ["What?", "Who?"]),
        ("1. What? And why?\n2) Who?", ["What?"]),
        ("1. What?\n1. What?", ["What?", "What?"]),
        ("1. Is it so?", ["Is it so?"]),
        ("1. Across\nlines?", []),
    ],
)
def test_in_correctbench_they_stand_between_number_and_question_mark(plan: str, read: list[str]) -> None:
    assert plan_of(plan, reading="CorrectBench") == [(question, "") for question in read]


@pytest.mark.parametrize("leading", ["Is it 5?", "does Mars have moons?", "Aren't there two?", "Could it be 5?"])
def test_what_is_answered_yes_or_no_is_leading(leading: str) -> None:
    assert plan_of(f"1. {leading}") == [(leading, "leading")]


@pytest.mark.parametrize(
    "open_question", ["Which is it?", "How is it done?", "What does it do?", "Isotopes are what?"]
)
def test_what_is_asked_openly_is_not(open_question: str) -> None:
    assert plan_of(f"1. {open_question}") == [(open_question, "")]


def test_only_so_many_are_put() -> None:
    plan = "1. What?\n2. Is it?\n3. Who?\n4. Where?"
    assert [dropped for _, dropped in plan_of(plan, most_questions=2)] == ["", "leading", "", "one too many"]


def test_a_draft_of_nothing_is_quoted_by_no_question() -> None:
    assert questions("1. What?", "  ", CoVeParams()) == [Planned("What?", "")]


def test_a_question_with_the_whole_draft_in_it_is_dropped_in_both_readings() -> None:
    plan = "1. Why  PARIS, France?"
    for reading in ("paper", "CorrectBench"):
        assert plan_of(plan, "Paris,\nFrance", reading=reading) == [("Why  PARIS, France?", "quotes the draft")]


def test_a_short_draft_is_not_quoted_by_a_longer_number_or_word() -> None:
    read = questions("1. What is half of 14?\n2. What is half of 4?", "4", CoVeParams())
    assert read == [Planned("What is half of 14?", ""), Planned("What is half of 4?", "quotes the draft")]


def test_the_worked_examples_keep_to_the_form() -> None:
    for _, draft, plan in EXAMPLES:
        read = questions(plan, draft, CoVeParams())
        assert len(read) == len(plan.splitlines()) and not any(each.dropped for each in read)
    assert questions(PLAN, "", CoVeParams()) == [], "the instruction repeated holds no question"


def test_the_worked_comparisons_show_one_label_each() -> None:
    assert [verdict(answer, "label", "consistent") for _, answer in COMPARED] == [False, True]


def test_braces_and_choices_come_through() -> None:
    choice = Question.of(typed_problem("Which {x}?", "choice", "A", ("cat", "owl")))
    [message] = revising(choice, "It is {x}.", []).messages
    assert "Question: Which {x}?\n(A) cat\n(B) owl\n\nFirst answer:\nIt is {x}.\n\n" in message.content


def test_the_card_tells_memory_from_what_was_read() -> None:
    spec = methods()["cove"]
    assert "55.9" in spec.unverified and "55.9" not in spec.reported
