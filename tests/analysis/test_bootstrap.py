"""Intervals over problems: against scipy, against theory, and the same at every call."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from webapp.analysis import bootstrap
from webapp.analysis.bootstrap import Interval, percentiles, resampled_means

VALUES = np.random.default_rng(5).gamma(2.0, size=150)
OUTCOMES = (np.arange(150) % 7 == 0).astype(float)


@pytest.mark.parametrize("values", [VALUES, OUTCOMES], ids=["many values", "two values"])
def test_the_interval_is_that_of_scipy(values: np.ndarray) -> None:
    found = bootstrap.mean(values, draws=20_000, seed=1)
    theirs = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=2).confidence_interval
    assert found.estimate == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.12 * values.std() / np.sqrt(150))


@pytest.mark.parametrize("values", [VALUES, OUTCOMES], ids=["many values", "two values"])
def test_means_vary_as_much_as_means_do(values: np.ndarray) -> None:
    drawn = resampled_means(values[:, None], 20_000, 3)[:, 0]
    assert drawn.mean() == pytest.approx(values.mean(), rel=0.01)
    assert drawn.std() == pytest.approx(values.std() / np.sqrt(len(values)), rel=0.03)


def test_columns_of_a_row_are_drawn_together() -> None:
    drawn = resampled_means(np.column_stack([VALUES, 3 - VALUES]), 100)
    assert drawn.sum(axis=1) == pytest.approx(np.full(100, 3.0))


def test_one_seed_gives_one_interval() -> None:
    assert bootstrap.mean(VALUES, seed=4) == bootstrap.mean(VALUES, seed=4) != bootstrap.mean(VALUES, seed=5)


def test_a_ratio_is_of_sums_and_draws_without_cases_are_left_out() -> None:
    found = bootstrap.ratio([1, 0, 0, 0], [1, 1, 0, 0], draws=2000)
    assert found.estimate == 0.5 and 0 <= found.low <= found.high <= 1
    assert np.isnan(bootstrap.ratio([0, 0], [0, 0])).all()


def test_ends_of_a_column_without_any_draw_are_unknown() -> None:
    low, high = percentiles([[1.0, np.nan], [3.0, np.nan]], level=1.0)
    assert (low[0], high[0]) == (1.0, 3.0) and np.isnan([low[1], high[1]]).all()


def test_nothing_cannot_be_resampled() -> None:
    with pytest.raises(ValueError, match="at least one problem"):
        resampled_means(np.empty((0, 1)))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=1, max_size=30))
def test_ends_lie_within_the_values_and_a_wider_level_is_wider(values: list[float]) -> None:
    narrow = bootstrap.mean(values, draws=200, level=0.5)
    wide = bootstrap.mean(values, draws=200, level=0.95)
    assert isinstance(narrow, Interval)
    assert min(values) - 1e-9 <= wide.low <= narrow.low <= narrow.high <= wide.high <= max(values) + 1e-9
