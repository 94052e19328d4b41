"""Accuracy at a price: the front, CorrectBench's efficiencies, and what the same budget buys."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.analysis.bootstrap import Interval
from webapp.analysis.budget import at_budget, efficiency, matched_difference, pareto
from webapp.analysis.refusal import Refusal


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_the_front_is_what_no_other_beats(points: list[tuple[int, int]]) -> None:
    costs, accuracies = zip(*points, strict=True)
    beaten = [
        any(c <= cost and a >= accuracy and (c, a) != (cost, accuracy) for c, a in points)
        for cost, accuracy in points
    ]
    assert pareto(costs, accuracies).tolist() == [not each for each in beaten]


@pytest.mark.parametrize(
    ("accuracy", "tokens", "calls", "printed"),
    [(68.5, 791, 1, 0.0866), (76.3, 533, 2, 0.0716), (78.7, 2185, 3, 0.0120), (72.8, 1460, 3.5, 0.0143)],
)
def test_correctbenchs_printed_efficiencies(accuracy: float, tokens: float, calls: float, printed: float) -> None:
    assert efficiency(accuracy, tokens, calls) == pytest.approx(printed, abs=1e-4)


VALUES = np.array([[0, 0, 1], [1, 1, 1], [0, 1, 1], [0, 0, 0]])


def test_between_two_costs_is_their_mixture() -> None:
    assert list(at_budget([100, 200, 400], VALUES, 250)) == [0.25, 1, 1, 0]  # type: ignore[arg-type]
    for k, cost in enumerate([100, 200, 400]):
        assert list(at_budget([100, 200, 400], VALUES, cost)) == VALUES[:, k].tolist()  # type: ignore[arg-type]
    assert list(at_budget([100], VALUES[:, :1], 100)) == [0, 1, 0, 0]  # type: ignore[arg-type]


@pytest.mark.parametrize("budget", [99, 401])
def test_a_budget_that_was_not_tried_is_refused(budget: float) -> None:
    found = at_budget([100, 200, 400], VALUES, budget)
    assert isinstance(found, Refusal) and "from 100 to 400" in found.why
    assert matched_difference([1, 1, 0, 1], [budget] * 4, [100, 200, 400], VALUES) == found


def test_the_difference_is_at_the_methods_own_mean_cost() -> None:
    found = matched_difference([1, 1, 0, 1], [100, 400, 250, 250], [100, 200, 400], VALUES, seed=1)
    assert isinstance(found, Interval)
    assert found.estimate == pytest.approx(0.75 - 2.25 / 4)
    assert found.low < found.estimate < found.high
