"""Paired differences: what can be told apart is filled, what cannot is hollow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.charts.drawn import figure, rows
from webapp.analysis.paired import Comparison, compare
from webapp.charts.differences import Versus, differences


def compared(fixes: int, breaks: int) -> Comparison:
    a = np.repeat([True, True, False, False], [100, fixes, breaks, 100])
    b = np.repeat([True, False, True, False], [100, fixes, breaks, 100])
    return compare(a, b)


GIVEN = [Versus("vote", "greedy", compared(40, 5)), Versus("refine", "greedy", compared(12, 5))]


def test_one_row_a_comparison_corrected_for_each_other() -> None:
    found = differences(GIVEN)
    [points] = figure(found)["data"]
    assert points["y"] == ["vote - greedy", "refine - greedy"]
    assert points["marker"]["symbol"] == ["circle", "circle-open"]
    assert points["x"] == pytest.approx([100 * 35 / 245, 100 * 7 / 217], abs=1e-4)
    first = rows(found)[0]
    assert first[:3] == ("vote - greedy", 40, 5)
    assert first[7] == pytest.approx(2 * float(first[6] or 0)), "the smaller of two p-values is doubled"
    assert str(first[-1]).startswith("vote fixes 40, breaks 5 of 245; difference +14.3 points, 95% CI ")
    assert "corrected for 2 comparisons" in found.reading


def test_what_would_be_told_alone_may_not_be_told_among_many() -> None:
    borderline = Versus("a", "b", compared(14, 4))  # mid-p 0.019
    assert figure(differences([borderline]))["data"][0]["marker"]["symbol"] == ["circle"]
    many = differences([borderline, *[Versus("c", "d", compared(5, 5))] * 4])
    assert figure(many)["data"][0]["marker"]["symbol"][0] == "circle-open"
    assert str(rows(many)[0][-1]).endswith("not distinguishable at n=218.")


def test_the_difference_that_could_be_seen_is_listed() -> None:
    assert rows(differences(GIVEN))[1][8] == pytest.approx(5.2, abs=0.3)
    assert rows(differences([Versus("a", "b", compared(0, 0))]))[0][8] is None
    shares = Versus("a", "b", replace(compared(12, 5), shares=True))
    assert rows(differences([shares]))[0][8] is None, "the formula is that of right and wrong"


def test_nothing_compared_is_an_empty_figure() -> None:
    assert figure(differences([]))["data"][0]["x"] == [] and rows(differences([])) == ()
