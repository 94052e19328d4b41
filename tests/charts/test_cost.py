"""Accuracy against cost: the front is filled and joined, the rest hollow."""

from __future__ import annotations

import pytest

from tests.charts.drawn import figure, rows, trace
from webapp.analysis.bootstrap import Interval
from webapp.charts.cost import Priced, cost

METHODS = [
    Priced("vote", 800, Interval(0.42, 0.35, 0.5)),
    Priced("<b>greedy</b>", 180, Interval(0.31, 0.25, 0.36)),
    Priced("refine", 1400, Interval(0.35, 0.3, 0.41)),
]


def test_the_front_is_filled_and_in_order_of_cost() -> None:
    found = cost(METHODS)
    points = next(t for t in figure(found)["data"] if t["mode"] == "markers+text")
    assert points["marker"]["symbol"] == ["circle", "circle", "circle-open"]
    assert points["text"] == ["vote", "&lt;b&gt;greedy&lt;/b&gt;", "refine"]
    assert points["error_y"]["array"] == pytest.approx([0.08, 0.05, 0.06])
    front = trace(found, "Pareto front")
    assert (front["x"], front["y"], front["line"]["shape"]) == ([180, 800], [0.31, 0.42], "hv")


def test_the_table_says_who_is_on_it() -> None:
    found = cost(METHODS, unit="seconds")
    assert rows(found)[0] == ("vote", 800, 0.42, 0.35, 0.5, "yes")
    assert [row[-1] for row in rows(found)] == ["yes", "yes", "no"]
    assert "in seconds" in found.reading and figure(found)["layout"]["xaxis"]["title"]["text"] == "seconds a problem"
