"""What is left and how fast it goes, from what is stored: checked against sums done by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from storage.experiments import ArmTotals, CellState
from storage.records import Cost
from tests.storage import grids
from tests.storage.making import NOON
from webapp.experiments.estimate import Estimate, estimate, rate
from webapp.experiments.standing import WINDOW, standing


def arm(number: int, *tokens: int, waiting: int = 0, model: str = "m", **states: int) -> ArmTotals:
    """Return the totals of an arm whose done cells generated so many tokens each."""
    found: dict[CellState, int] = {"done": len(tokens), "waiting": waiting, **states}  # type: ignore[dict-item]
    cost = Cost(sum(tokens), 0, 2 * len(tokens), 1.0)
    return ArmTotals(number, model, found, {}, cost, float(sum(t * t for t in tokens)), 0)


def span(begin: float, end: float, tokens: int = 100) -> Any:
    return NOON + timedelta(seconds=begin), NOON + timedelta(seconds=end), tokens


def test_arms_are_judged_each_by_its_own_cells() -> None:
    found = estimate(
        [arm(0, 90, 110, waiting=10), arm(1, 400, 600, waiting=10)], [span(0, 10, 200), span(0, 10, 1_000)]
    )
    assert (found.cells, found.tried, found.calls) == (20, 4, 40)
    assert found.tokens is not None and found.seconds is not None
    assert found.tokens.expected == 10 * 100 + 10 * 500
    # variances 200 and 20,000: of the mean of two, and of ten more cells
    error = 2 * ((200 + 20_000) * (10 * 10 / 2 + 10)) ** 0.5
    assert found.tokens.high - found.tokens.expected == pytest.approx(error)
    assert found.seconds.expected == pytest.approx(6_000 / 120)
    assert found.at_once == 2.0 and found.unknown == () == found.models


def test_the_range_narrows_as_more_cells_are_done_and_never_goes_below_nothing() -> None:
    few, many = ([50, 150] * n for n in (1, 50))
    ranges = [estimate([arm(0, *tokens, waiting=100)], []).tokens for tokens in (few, many)]
    assert ranges[0] is not None and ranges[1] is not None
    assert ranges[0].low == 0 and ranges[1].high - ranges[1].low < ranges[0].high / 3
    single = estimate([arm(0, 80, waiting=4)], []).tokens
    assert single is not None and single.expected == 320 and single.high > 320 + 2 * 80


def test_what_was_not_tried_is_named() -> None:
    found = estimate([arm(0, 100, waiting=1), arm(1, waiting=3), arm(0, waiting=2, model="big")], [])
    assert found.unknown == (1,) and found.models == ("big",)
    assert found.tokens is not None and found.tokens.expected == 600
    assert estimate([arm(0, waiting=5, running=2)], []) == Estimate(7, 0)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], None),
        ([span(0, 10)], 10.0),
        ([span(0, 10), span(5, 20)], 10.0),
        ([span(0, 30), span(5, 10)], 200 / 30),
        ([span(0, 10), span(100, 110)], 10.0),  # a pause between them is no time at work
    ],
)
def test_the_speed_counts_the_time_in_which_anything_was_at_work(spans: list[Any], expected: float | None) -> None:
    assert rate(spans) == (None if expected is None else pytest.approx(expected))


def at(*seconds: float) -> list[Any]:
    return [NOON + timedelta(seconds=each) for each in seconds]


def where(lately: list[Any], now: float, *, loaded: str | None = "m", **changes: Any) -> Any:
    experiment = grids.experiment(working_since=NOON, lease_until=NOON + timedelta(hours=9), **changes)
    totals = [arm(0, *[100] * 30, waiting=60, running=10), arm(1, waiting=20, model="big", failed=5)]
    return standing(
        experiment, totals, lately, estimate(totals, []), loaded=loaded, trouble="", now=NOON + timedelta(seconds=now)
    )


def test_rate_and_remaining_time_come_from_the_last_start() -> None:
    found = where(at(60, 40, 20), 60)
    assert (found.per_minute, found.seconds_left) == (3.0, 60 * 90 / 3)
    assert (found.total, found.ended, found.left, found.cells["failed"]) == (125, 35, 90, 5)
    assert found.waits_for == ("big",) and found.attended
    idle = where(at(60, 40, 20), 120)
    assert idle.per_minute == 1.5, "time in which nothing ends counts"


def test_the_rate_is_that_of_late() -> None:
    lately = at(*[10_000 - i for i in range(WINDOW + 1)])
    assert where(lately, 10_000).per_minute == 60.0


def test_nothing_is_promised_where_nothing_goes_on() -> None:
    paused = where(at(60, 40, 20), 3_000, status="paused")
    assert paused.per_minute == 3.0 and paused.seconds_left is None and not paused.attended
    assert where([], 60).per_minute is None
    gone = where(at(60), 40_000)
    assert not gone.attended, "the lease ran out: its process has ended"
