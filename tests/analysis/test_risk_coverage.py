"""Risk against coverage: by hand, over all orders of equal scores, and at its ends."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.analysis.risk_coverage import risk_coverage


def test_a_case_by_hand() -> None:
    found = risk_coverage([0.9, 0.7, 0.8, 0.1], [True, False, True, True])
    assert found.coverage.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert found.risk == pytest.approx([0, 0, 1 / 3, 1 / 4])
    assert found.scores.tolist() == [0.9, 0.8, 0.7, 0.1]
    assert found.area == pytest.approx((1 / 3 + 1 / 4) / 4)
    assert found.excess == pytest.approx((1 / 3) / 4)  # the best order has the wrong one last
    assert (found.coverage_at(0.2), found.coverage_at(0.3), found.coverage_at(-1)) == (0.5, 1.0, 0.0)
    assert (found.risk_at(0.75), found.risk_at(0.6)) == (pytest.approx(1 / 3), pytest.approx(1 / 3))


def test_equal_scores_are_the_mean_over_their_orders() -> None:
    scores, right = [0.5, 0.5, 0.5, 0.9, 0.2], [True, False, False, False, True]
    orders = [
        np.cumsum([not right[i] for i in (3, *middle, 4)]) / np.arange(1, 6) for middle in permutations([0, 1, 2])
    ]
    assert risk_coverage(scores, right).risk == pytest.approx(np.mean(orders, axis=0))


@given(st.lists(st.tuples(st.sampled_from([0, 1, 2, 3.5]), st.booleans()), min_size=1, max_size=40))
def test_no_order_is_better_than_the_best_and_all_end_at_the_error_rate(pairs: list[tuple[float, bool]]) -> None:
    scores, right = zip(*pairs, strict=True)
    found = risk_coverage(scores, right)
    assert (found.best <= found.risk + 1e-12).all() and found.excess >= -1e-12
    assert found.risk[-1] == pytest.approx(1 - np.mean(right))
    assert risk_coverage(right, right).excess == pytest.approx(0)
    assert risk_coverage(np.exp(scores), right).area == pytest.approx(found.area)


def test_a_score_that_says_nothing_has_the_same_risk_at_every_coverage() -> None:
    assert risk_coverage([1.0] * 8, [True, False] * 4).risk == pytest.approx([0.5] * 8)


@pytest.mark.parametrize(("scores", "right"), [([], []), ([0.1, float("nan")], [True, False])])
def test_answers_without_a_score_are_refused(scores: list[float], right: list[bool]) -> None:
    with pytest.raises(ValueError, match="all have a score"):
        risk_coverage(scores, right)
