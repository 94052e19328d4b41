"""The chart of a mixture: stages, what was handed over, answers and what they changed."""

from __future__ import annotations

from typing import Any

from tests.charts.evidence_run import run, score, text
from webapp.charts.evidence import Table, evidence_of

DRAFT = text("d", answer="5", verdict="incorrect")
RIGHT, WRONG = text("r", role="revision", round=1, answer="4"), text("w", role="revision", round=2, answer="6")
STAGES: list[dict[str, Any]] = [
    {"title": "CoVe", "handed": "", "text": "r", "answer": "4", "note": "2 questions."},
    {"title": "RCI", "handed": "An earlier response to this question:\nAnswer: 4", "text": "w", "answer": "6"},
    {"title": "RCI", "handed": "Answer: 6", "text": "w", "answer": None, "as_in_repository": True},
]


def table(*drafts: Any) -> Table:
    stored = score("mixture_stages", None, 3.0, carried="the last text", reading="paper", stages=STAGES)
    found = evidence_of(run(), [*drafts, RIGHT, WRONG.with_(verdict="incorrect")], [stored])
    [stages] = [each for each in found if each.title == "Stages"]
    assert "Carried along: the last text. Reading: paper." in stages.reading
    assert stages.table is not None
    return stages.table


def test_every_stage_has_what_it_was_handed_and_what_it_changed():
    found = table(DRAFT)
    assert found.rows == (
        ("first attempt", None, "5", "incorrect", None, None),
        ("1. CoVe", None, "4", "correct", "wrong→right", "2 questions."),
        ("2. RCI", STAGES[1]["handed"], "6", "incorrect", "right→wrong", None),
        ("3. RCI (as in CorrectBench's code)", "Answer: 6", None, None, "wrong→wrong", None),
    )
    assert found.chosen == 3


def test_several_first_attempts_are_no_row():
    found = table(DRAFT, text("e", 1, answer="4"))
    assert [row[0] for row in found.rows] == ["1. CoVe", "2. RCI", "3. RCI (as in CorrectBench's code)"]
    assert found.rows[0][4] is None
