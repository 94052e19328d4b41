"""The ruler of iterative deepening, and its row a trigger."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from storage.records import Cost, Problem
from tests.charts.evidence_run import run, score
from webapp.charts.deepening import deepening
from webapp.charts.evidence import UNREADABLE, Evidence, evidence_of


def trigger(at: int, before: str | None, after: str | None, *, changed: bool) -> dict[str, Any]:
    return {"at": at, "before": before, "after": after, "changed": changed}


SAMPLES = [
    {"branch": 0, "tokens": 100, "triggers": [
        trigger(30, None, "41", changed=True), trigger(60, "41", "42", changed=True),
    ]},
    {"branch": 1, "tokens": 50, "triggers": [trigger(30, "42", "42", changed=False)]},
    {"branch": 2, "tokens": 20, "triggers": []},
]  # fmt: skip


def drawn(samples: list[dict[str, Any]] = SAMPLES, **changes: Any) -> Evidence:
    of_run = replace(run(), cost=Cost(generated_tokens=200), **changes)
    found = deepening(of_run, [], [score("answers_changed", samples=samples, trigger=10, spare=40)])
    assert found is not None
    return found


def data(found: Evidence) -> list[dict[str, Any]]:
    assert found.figure is not None
    told: list[dict[str, Any]] = json.loads(found.figure.to_json())["data"]
    return told


def test_the_ruler_tells_apart_what_was_written_and_what_was_inserted() -> None:
    written, inserted, answers = data(drawn())
    stretches = sorted(zip(written["y"], written["base"], written["x"], strict=True))
    assert stretches == [
        ("sample 1", 0, 30), ("sample 1", 40, 20), ("sample 1", 70, 30),
        ("sample 2", 0, 30), ("sample 2", 40, 10), ("sample 3", 0, 20),
    ]  # fmt: skip
    assert list(zip(inserted["y"], inserted["base"], inserted["x"], strict=True)) == [
        ("sample 1", 30, 10), ("sample 1", 60, 10), ("sample 2", 30, 10),
    ]  # fmt: skip
    assert inserted["marker"]["pattern"]["shape"], "not told by colour alone"
    assert (answers["x"], answers["text"]) == ([30, 60, 30], ["∅", "41", "42"])


def test_a_row_a_trigger_says_what_changed() -> None:
    table = drawn().table
    assert table is not None
    assert table.rows == (
        (0.0, 1.0, 30.0, None, "41", "first answer", "unparsed", "incorrect"),
        (0.0, 2.0, 60.0, "41", "42", "wrong→right", "incorrect", "correct"),
        (1.0, 1.0, 30.0, "42", "42", "same", "correct", "correct"),
    )


def test_without_a_reference_a_change_is_only_a_change() -> None:
    table = drawn(problem=Problem("q", "Which number?", "numeric")).table
    assert table is not None
    assert table.rows[1][5:] == ("changed", None, None)


def test_what_the_drafts_took_is_told_apart() -> None:
    assert "40 more tokens of these were drawn for the first attempts alone, 160 for the samples" in drawn().reading


def test_answers_are_no_markup_and_long_ones_are_cut() -> None:
    hostile = "<b>" + "x" * 40
    *_, answers = data(drawn([{"branch": 0, "tokens": 9, "triggers": [trigger(3, hostile, "", changed=True)]}]))
    assert answers["text"] == ["&lt;b&gt;xxxxxxxx…"]


def test_texts_without_triggers_have_a_ruler_and_no_table() -> None:
    found = drawn([SAMPLES[2]])
    assert found.table is None and len(data(found)) == 3


def test_only_runs_with_triggers_have_it_and_what_is_damaged_says_so() -> None:
    assert deepening(run(), [], []) is None
    [found] = evidence_of(run(), [], [score("answers_changed", samples="none")])
    assert (found.reading, found.figure) == (UNREADABLE, None)
