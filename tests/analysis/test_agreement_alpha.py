"""Krippendorff's alpha: his published example, an independent implementation, and what has to hold."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.analysis.agreement_alpha import Level, alpha, alpha_per_value
from webapp.analysis.agreement_table import against_rest

# Krippendorff (2011), four coders, twelve units, values 1 to 5; the last unit was coded once.
PUBLISHED = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""
CODES = np.array([[-1 if v == "." else int(v) - 1 for v in row.split()] for row in PUBLISHED.strip().splitlines()]).T


def theirs(codes: np.ndarray, values: int, level: Level) -> float:
    data = np.where(codes == -1, np.nan, codes.astype(float)).T
    return float(krippendorff.alpha(data, value_domain=list(range(values)), level_of_measurement=level))


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743421), ("ordinal", 0.815388)])
def test_the_published_example(level: Level, published: float) -> None:
    found = alpha(CODES, 5, level)
    assert found.estimate == pytest.approx(published, abs=1e-6)
    assert found.low < published < found.high <= 1


def test_two_coders_without_missing_values() -> None:
    """Krippendorff (2011), binary data: ten units, four of them disagreed about, six values of one kind, fourteen of
    the other; he gives 0.095."""
    first, second = "0100000000", "1100111000"
    codes = np.array([[int(a), int(b)] for a, b in zip(first, second, strict=True)])
    assert alpha(codes, 2).estimate == pytest.approx(1 - 19 * 8 / (14 * 6 * 2), abs=1e-9)


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_it_equals_an_independent_implementation(level: Level, data: st.DataObject) -> None:
    values, annotators, items = (data.draw(st.integers(2, n)) for n in (5, 4, 12))
    row = st.lists(st.integers(-1, values - 1), min_size=annotators, max_size=annotators)
    codes = np.array(data.draw(st.lists(row, min_size=items, max_size=items)))
    found = alpha(codes, values, level, draws=2).estimate
    paired = codes[(codes != -1).sum(axis=1) >= 2]
    if len(np.unique(paired[paired != -1])) < 2:
        assert np.isnan(found), "all the same, or nothing to compare: undefined"
    else:
        assert found == pytest.approx(theirs(codes, values, level), abs=1e-9)


def test_the_interval_narrows_with_more_items_and_is_the_same_for_a_seed() -> None:
    few, many = alpha(CODES, 5), alpha(np.tile(CODES, (16, 1)), 5)
    assert many.high - many.low < (few.high - few.low) / 3
    assert alpha(CODES, 5, seed=3) == alpha(CODES, 5, seed=3) != alpha(CODES, 5, seed=4)


def test_the_interval_covers_what_resampled_items_give() -> None:
    """Every draw is alpha of the drawn items, so 95% of alphas of items drawn by hand lie in it."""
    random, found = np.random.default_rng(9), alpha(CODES, 5, draws=4000)
    drawn = np.array([alpha(CODES[random.integers(0, 12, 12)], 5, draws=1).estimate for _ in range(600)])
    assert ((drawn >= found.low) & (drawn <= found.high)).mean() == pytest.approx(0.95, abs=0.03)


def test_what_hangs_together_is_drawn_together() -> None:
    """Copies of an item add nothing that is known: in one group they leave the interval as wide as it was."""
    copied, groups = np.repeat(CODES, 4, axis=0), np.repeat(np.arange(12), 4)
    alone, grouped, apart = alpha(CODES, 5), alpha(copied, 5, groups=groups), alpha(copied, 5)
    assert grouped.estimate == pytest.approx(apart.estimate)
    assert grouped.high - grouped.low == pytest.approx(alone.high - alone.low, rel=0.15)
    assert apart.high - apart.low < 0.7 * (grouped.high - grouped.low)


def test_each_value_against_the_others() -> None:
    found = alpha_per_value(CODES, 5)
    expected = [theirs(against_rest(CODES, value), 2, "nominal") for value in range(5)]
    assert [each.estimate for each in found] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("codes", [[[0, 5]], [[-2, 0]], [0, 1], np.empty((0, 2))])
def test_what_is_no_table_of_ratings_is_refused(codes: object) -> None:
    with pytest.raises(ValueError, match="rating"):
        alpha(codes, 5)  # type: ignore[arg-type]
