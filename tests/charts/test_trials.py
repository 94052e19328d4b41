"""Attempts with what was said of them."""

from __future__ import annotations

from typing import Any

from tests.charts.evidence_run import run, score, text
from webapp.charts.evidence import Evidence, evidence_of

TEXTS = [
    text("first", text="Answer: 9", answer="9", verdict="incorrect"),
    text("lesson", role="critique", text="Mind it."),
    text("second", role="revision", round=1, text="Answer: 42", answer="42", verdict="correct"),
    text("third", role="revision", round=2, text="Hm.", answer=None, verdict="ungraded"),
]
TRIALS = [
    {"attempt": "first", "passed": False, "said": "No. Verdict: incorrect", "reflection": "lesson", "remembered": []},
    {"attempt": "second", "passed": None, "said": "Hm.", "reflection": None, "remembered": ["lesson"]},
    {"attempt": "third", "passed": True, "said": "", "reflection": "gone", "remembered": ["lesson", "gone", "other"]},
]


def shown(**details: Any) -> Evidence:
    found = evidence_of(run(), TEXTS, [score("reflexion_trials", "third", 3.0, **({"trials": TRIALS} | details))])
    return next(each for each in found if each.title.startswith("Attempts of sample"))


def test_a_row_an_attempt_with_evaluation_reflection_and_memory():
    table = shown().table
    assert table is not None and table.chosen == 2
    assert table.rows == (
        (1, "Answer: 9", "9", "incorrect", "failed", "No. Verdict: incorrect", "Mind it.", None),
        (2, "Answer: 42", "42", "correct", "no verdict", "Hm.", None, "reflection 1"),
        (3, "Hm.", None, None, "passed", None, None, "reflection 1, 3"),
    )


def test_the_oracle_is_named_and_the_strategy_explained():
    assert shown().title == "Attempts of sample 1" and "oracle" not in shown().reading
    oracle = shown(evaluator="oracle", strategy="last attempt")
    assert oracle.title == "Attempts of sample 1 (oracle)" and "reference answer" in oracle.reading
    assert oracle.reading.endswith("Here it sees the last attempt and no reflection.")
    assert "only asked again" in shown(strategy="none").reading


def test_attempts_that_are_not_there_are_not_listed():
    gone = [TRIALS[0] | {"attempt": "gone"}]
    found = evidence_of(run(), TEXTS, [score("reflexion_trials", "third", 1.0, trials=gone)])
    assert [each.title for each in found] == ["Texts and scores"]
