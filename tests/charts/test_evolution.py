"""Generations of texts as columns."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.charts.evidence_run import run, score, text
from webapp.charts.evidence import Evidence, evidence_of

TEXTS = [
    text("a", 0, answer="<i>"), text("b", 1, answer="7", verdict="incorrect"),
    text("c", 0, role="revision", round=1, answer="42"), text("d", 1, role="revision", round=1, answer=None),
]  # fmt: skip
FIRST = {"texts": [{"text": "a", "score": 0.2}, {"text": "b", "score": 0.6}], "shown": []}
SECOND = {
    "texts": [{"text": "c", "score": 0.8}, {"text": "d", "score": 0.6, "copy_of": "b"}],
    "shown": ["b"],
    "cut_to": None,
}


def shown(*bred: dict[str, Any], **details: Any) -> Evidence:
    found = evidence_of(run(), TEXTS, [score("evolution", None, 4.0, generations=list(bred), **details)])
    return next(each for each in found if each.title != "Texts and scores")


def drawn(found: Evidence) -> Any:
    assert found.figure is not None
    return json.loads(found.figure.to_json())["data"]


def test_generations_are_columns_with_lines_from_what_was_shown():
    lines, new, copies, means = drawn(shown(FIRST, SECOND))
    assert (new["x"], new["y"]) == ([0.88, 1.12, 1.88], [0.2, 0.6, 0.8])
    assert (copies["x"], copies["y"], copies["marker"]["symbol"]) == ([2.12], [0.6], "circle-open")
    assert lines["x"] == [1.12, 1.88, None, 1.12, 2.12, None]
    assert lines["y"] == [0.6, 0.8, None, 0.6, 0.6, None]
    assert (means["x"], means["y"]) == ([1, 2], [pytest.approx(0.4), pytest.approx(0.7)])
    assert new["customdata"][0] == "sample 1: &lt;i&gt;" and copies["customdata"] == ["sample 2: no answer"]


def test_the_table_says_what_each_text_was_written_from():
    found = shown(FIRST, SECOND)
    assert found.title == "4 texts in 2 generations"
    assert found.table is not None
    assert found.table.rows == (
        ("1.1", 0, "<i>", "correct", 0.2, None, None, None, 12),
        ("1.2", 1, "7", "incorrect", 0.6, None, "yes", None, 12),
        ("2.1", 0, "42", "correct", 0.8, "1.2", None, None, 12),
        ("2.2", 1, None, "correct", 0.6, "1.2", None, "1.2", 12),
    )


def test_without_scores_texts_stand_at_their_numbers():
    bred = [{**each, "texts": [{**one, "score": None} for one in each["texts"]]} for each in (FIRST, SECOND)]
    found = shown(*bred, mode="self-evolve")
    lines, new, copies = drawn(found)
    assert (new["y"], copies["y"]) == ([1, 2, 1], [2]) and len(lines["x"]) == 6
    assert "Nothing was scored" in found.reading


def test_attempts_that_were_cut_are_said_to_be():
    assert "last 80 characters" in shown(FIRST, SECOND | {"cut_to": 80}).reading
    assert "characters" not in shown(FIRST, SECOND).reading


def test_texts_that_are_not_there_are_not_drawn():
    gone = {"texts": [{"text": "gone"}], "shown": []}
    assert evidence_of(run(), [], [score("evolution", None, 1.0, generations=[gone])]) == []
