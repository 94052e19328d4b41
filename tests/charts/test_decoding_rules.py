"""The table and the lines of the rules that samples were drawn by."""

from __future__ import annotations

import json
from typing import Any

from tests.charts.evidence_run import run, score
from webapp.charts.evidence import UNREADABLE, Evidence, evidence_of


def rule(name: str, first: int, **changes: Any) -> dict[str, Any]:
    told = {
        "rule": name, "branches": [first, first + 1], "answer": "42", "agreeing": 2, "missing": 0, "tokens": 3.5,
        "mass": 0.9, "entropy": 1.5, "along": [4, 3],
    }  # fmt: skip
    return told | changes


def drawn(*rules: dict[str, Any]) -> Evidence:
    [found] = evidence_of(run(), [], [score("rules_agree", rules=list(rules))])
    return found


def test_a_row_a_rule_with_what_it_kept_and_what_its_texts_say() -> None:
    blind = rule("top-H 0.4", 2, answer=None, agreeing=0, missing=2, tokens=None, mass=None, entropy=None, along=None)
    table = drawn(rule("own settings", 0), blind).table
    assert table is not None and table.chosen == 1
    assert table.rows == (
        ("own settings", 3.5, 0.9, 1.5, "42", 1.0, 0.0, 0.0),
        ("top-H 0.4", None, None, None, None, 0.0, 2.0, 2.0),
    )


def test_a_line_a_rule_on_a_log_axis_with_names_that_are_no_markup() -> None:
    figure = drawn(rule("own settings", 0), rule("<b>", 2, along=[1, 1, 1]), rule("x", 4, along=None)).figure
    assert figure is not None
    told = json.loads(figure.to_json())
    assert [(line["name"], line["x"], line["y"]) for line in told["data"]] == [
        ("own settings", [1, 2], [4, 3]), ("&lt;b&gt;", [1, 2, 3], [1, 1, 1]),
    ]  # fmt: skip
    assert told["layout"]["yaxis"]["type"] == "log"
    assert len({line["line"]["color"] + line["line"]["dash"] for line in told["data"]}) == 2


def test_without_numbers_of_kept_tokens_there_is_no_figure() -> None:
    found = drawn(rule("own settings", 0, along=None), rule("top-H", 2, along=None))
    assert found.figure is None and found.table is not None


def test_what_is_damaged_says_so() -> None:
    assert drawn(rule("own settings", 0, branches=[])).reading == UNREADABLE
