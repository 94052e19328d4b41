"""Leads over a vote that costs the same."""

from __future__ import annotations

from tests.charts.drawn import figure, rows
from webapp.analysis.bootstrap import Interval
from webapp.analysis.refusal import Refusal
from webapp.charts.matched import Against, matched

FOUND = [
    Against("<b>RCI</b>", 120.0, 30, Interval(0.05, -0.01, 0.11)),
    Against("Self-Refine", 900.0, 30, Refusal("A budget of 900 cannot be matched.")),
    Against("Reflexion", 150.0, 28, Interval(-0.2, -0.3, -0.1)),
]


def test_only_what_can_be_matched_is_drawn_and_filled_where_0_is_left_out() -> None:
    [points] = figure(matched("Sample and vote", FOUND))["data"]
    assert points["x"] == [5.0, -20.0] and points["marker"]["symbol"] == ["circle-open", "circle"]
    assert "<b>" not in points["y"][0] and points["y"][1] == "Reflexion"
    assert points["customdata"] == [[-1.0, 11.0], [-30.0, -10.0]]


def test_the_table_says_why_one_cannot() -> None:
    found = matched("Sample and vote", FOUND)
    assert "Sample and vote" in found.reading
    assert rows(found)[1] == ("Self-Refine", 900.0, 30, None, None, None, "A budget of 900 cannot be matched.")
    assert matched("Sample and vote", FOUND[1:2]).figure is None
