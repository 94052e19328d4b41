"""The picture of P(IK): held-out problems, their means, and the question it is about."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from webapp.charts.p_ik import p_ik
from webapp.runs.known import Known, Unknown

KNOWN = Known(
    p_ik=0.7, own=0.5, predicted=tuple(i / 20 for i in range(20)), right=(0.0,) * 10 + (1.0,) * 10, samples=200,
    auroc=1.0, brier=0.09, base_brier=0.25,
)  # fmt: skip


def drawn(known: Known) -> list[dict[str, Any]]:
    figure = p_ik(known).figure
    assert figure is not None
    data: list[dict[str, Any]] = json.loads(figure.to_json())["data"]
    return data


def test_predictions_stand_against_what_came_out() -> None:
    guide, problems, means, own = drawn(KNOWN)
    assert guide["x"] == guide["y"] == [0, 1]
    assert (problems["x"], problems["y"]) == ([*KNOWN.predicted], [*KNOWN.right])
    assert means["customdata"] == [4] * 5
    assert means["y"] == [0, 0, 0.5, 1, 1] and means["x"][0] == pytest.approx(0.075)
    assert (own["x"], own["y"]) == ([0.7], [0.5])


def test_it_says_whose_reference_answers_it_uses_and_how_well_it_does() -> None:
    found = p_ik(KNOWN)
    assert "20 other problems with the reference answers of those problems (200 graded samples)" in found.reading
    assert found.table is not None
    assert [value for _, value in found.table.rows] == [0.7, 0.5, 1.0, 0.09, 0.25]
    assert all("20" in str(what) for what, _ in found.table.rows[2:4])


def test_a_question_without_a_reference_lies_on_the_line() -> None:
    unknown = replace(KNOWN, own=None)
    assert drawn(unknown)[3]["y"] == [0.7]
    table = p_ik(unknown).table
    assert table is not None and len(table.rows) == 4


def test_where_nothing_is_predicted_the_reason_stands() -> None:
    found = p_ik(Unknown("There are 3."))
    assert (found.reading, found.figure, found.table) == ("There are 3.", None, None)
