"""Signals by how well they predict, in one chart."""

from __future__ import annotations

from tests.charts.drawn import figure, rows
from webapp.analysis.signals import Signal
from webapp.charts.signals import signals

JUDGED = [
    Signal("p_true", 0.8, 0.7, 0.9, 30, 20),
    Signal("mean_entropy", 0.6, 0.5, 0.65, 30, 20),
    Signal("length", None, None, None, 50, 0),
]


def test_signals_stand_in_their_order_with_whiskers() -> None:
    found = signals(JUDGED)
    [points] = figure(found)["data"]
    assert points["y"] == ["p true", "mean entropy ↓"] and points["x"] == [0.8, 0.6]
    assert points["error_x"]["array"] == [0.1, 0.05] and points["error_x"]["arrayminus"] == [0.1, 0.1]
    assert figure(found)["layout"]["shapes"][0]["x0"] == 0.5
    assert figure(found)["layout"]["yaxis"]["autorange"] == "reversed"


def test_what_cannot_be_judged_is_listed_and_not_drawn() -> None:
    assert rows(signals(JUDGED))[2] == ("length ↓", None, None, None, 50, 0)
    assert rows(signals(JUDGED))[0] == ("p true", 0.8, 0.7, 0.9, 30, 20)
