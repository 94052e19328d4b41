"""pass@k against the vector of section 7, against counting subsets, and its band."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from webapp.analysis.coverage import coverage_curve, log_spaced, pass_at_k

CASES = [(10, 0, 3), (10, 1, 1), (10, 1, 5), (10, 3, 4), (10, 8, 3), (200, 5, 100), (10000, 7, 1000), (16, 16, 1)]
EXPECTED = [0.0, 0.1, 0.5, 0.833333333333, 1.0, 0.970308394766, 0.521814740653, 1.0]


def test_the_vector() -> None:
    n, c, k = zip(*CASES, strict=True)
    assert pass_at_k(n, c, k) == pytest.approx(EXPECTED, abs=1e-9)


def test_it_counts_the_subsets_that_hold_a_right_one() -> None:
    right = [True, False, False, True, False, False]
    for k in range(1, 7):
        subsets = list(combinations(right, k))
        assert pass_at_k(6, 2, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


@given(st.integers(1, 60), st.data())
def test_it_is_the_hypergeometric_chance_and_rises(n: int, data: st.DataObject) -> None:
    c = data.draw(st.integers(0, n))
    k = np.arange(1, n + 1)
    found = pass_at_k(n, c, k)
    assert found == pytest.approx(1 - hypergeom.pmf(0, n, c, k), abs=1e-9)
    assert found[0] == pytest.approx(c / n) and (np.diff(found) >= -1e-12).all()
    assert found == pytest.approx([1 - comb(n - c, int(each)) / comb(n, int(each)) for each in k], abs=1e-9)


@pytest.mark.parametrize("k", [0, 11])
def test_more_samples_than_there_are_say_nothing(k: int) -> None:
    with pytest.raises(ValueError, match="at least k samples"):
        pass_at_k(10, 3, k)


def test_the_curve_is_the_mean_over_problems_and_its_band_is_theirs() -> None:
    right = np.random.default_rng(1).binomial(40, 0.3, size=300)
    found = coverage_curve(np.full(300, 40), right, [1, 4, 40], draws=4000, seed=2)
    assert found.k.tolist() == [1, 4, 40]
    assert found.mean[0] == pytest.approx(right.mean() / 40)
    half = 1.96 * (right / 40).std() / np.sqrt(300)
    assert (found.low[0], found.high[0]) == pytest.approx(
        (found.mean[0] - half, found.mean[0] + half), abs=0.1 * half
    )
    assert (found.low <= found.mean).all() and (found.mean <= found.high).all()


def test_numbers_are_about_evenly_apart_on_a_log_scale() -> None:
    assert log_spaced(8, 4).tolist() == [1, 2, 4, 8]
    assert log_spaced(3).tolist() == [1, 2, 3] and log_spaced(1).tolist() == [1]
