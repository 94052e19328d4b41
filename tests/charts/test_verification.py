"""Verification questions beside draft and revision."""

from __future__ import annotations

from typing import Any

from tests.charts.evidence_run import run, score, text
from webapp.charts.evidence import Evidence, evidence_of

DRAFT = text("d", 1, text="Answer: 5")
TEXTS = [
    DRAFT, text("a", 1, role="verification", text="It is 4."), text("l", 1, role="evaluation", text="They differ."),
    text("r", 1, role="revision", round=1, text="Answer: 4"),
]  # fmt: skip
PUT = {"question": "What is 2 + 2?", "dropped": "", "answer": "a", "label": None, "consistent": None}
LEFT = {"question": "Is it 5?", "dropped": "leading", "answer": None}


def shown(**details: Any) -> Evidence:
    found = evidence_of(run(), TEXTS, [score("verification_questions", "r", 1.0, **({"draft": "d"} | details))])
    return next(each for each in found if each.title.startswith("Verification of"))


def rows(found: Evidence) -> tuple[Any, ...]:
    assert found.table is not None
    return found.table.rows


def heads(found: Evidence) -> list[str]:
    assert found.table is not None
    return [column.head for column in found.table.columns]


def test_questions_and_answers_stand_between_draft_and_revision():
    found = shown(revision="r", questions=[PUT, LEFT])
    assert heads(found) == ["Draft", "Question", "Answer, the draft unseen", "Revision"]
    assert rows(found) == (
        ("Answer: 5", "What is 2 + 2?", "It is 4.", "Answer: 4"), ("", "Is it 5?", "not put: leading", ""),
    )  # fmt: skip
    assert found.title == "Verification of sample 2 (factored, as in the paper)"


def test_a_cross_check_has_a_column_of_its_own():
    labelled = [PUT | {"label": "l", "consistent": said} for said in (False, True, None)]
    found = shown(revision="r", variant="factor+revise", reading="CorrectBench", questions=[*labelled, LEFT])
    assert heads(found)[3] == "Compared with the draft"
    assert [row[3] for row in rows(found)] == [
        "inconsistent: They differ.", "consistent: They differ.", "no label: They differ.", None,
    ]  # fmt: skip
    assert found.title.endswith("(factor+revise, as in CorrectBench)")


def test_a_draft_that_stands_is_said_to():
    found = shown(questions=[LEFT])
    assert rows(found) == (("Answer: 5", "Is it 5?", "not put: leading", "the draft stands"),)
    assert found.reading == "No question could be put, so nothing was verified."
    assert rows(shown(questions=[])) == (("Answer: 5", None, None, "the draft stands"),)


def test_a_draft_that_is_not_there_has_no_questions():
    found = evidence_of(run(), TEXTS, [score("verification_questions", "r", 1.0, draft="gone", questions=[PUT])])
    assert [each.title for each in found] == ["Texts and scores"]
