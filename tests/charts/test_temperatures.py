"""Accuracy at other temperatures, or why it is not drawn."""

from __future__ import annotations

from tests.charts.drawn import figure, rows, trace
from webapp.analysis.bootstrap import Interval
from webapp.analysis.refusal import Refusal
from webapp.analysis.temperatures import Point
from webapp.charts.temperatures import temperatures

POINTS = [Point(0.3, 0.6, 0.4, 0.8, -0.2, 0.1, 0.5), Point(0.7, 0.55, 0.5, 0.6, -0.1, 0.98, 1.0)]


def test_points_that_few_texts_carry_are_hollow() -> None:
    found = temperatures(POINTS)
    drawn = trace(found, "estimated")
    assert (drawn["x"], drawn["y"]) == ([0.3, 0.7], [0.6, 0.55])
    assert drawn["marker"]["symbol"] == ["circle-open", "circle"]
    assert trace(found, "effective texts")["y"] == [0.1, 0.98]
    assert rows(found)[0] == (0.3, 0.6, 0.4, 0.8, -0.2, 0.1, 0.5, "no")
    assert rows(found)[1][-1] == "yes"
    assert "more than 10 %" in found.reading


def test_what_was_drawn_stands_beside_what_was_estimated() -> None:
    found = temperatures(POINTS, {0.7: Interval(0.56, 0.5, 0.62), 0.5: Interval(0.6, 0.5, 0.7)})
    drawn = trace(found, "drawn")
    assert (drawn["x"], drawn["y"], drawn["marker"]["symbol"]) == ([0.5, 0.7], [0.6, 0.56], "diamond")
    assert not [t for t in figure(temperatures(POINTS))["data"] if t.get("name") == "drawn"]


def test_a_refusal_is_its_sentence() -> None:
    found = temperatures(Refusal("These texts are greedy."))
    assert (found.reading, found.figure, found.table) == ("These texts are greedy.", None, None)
