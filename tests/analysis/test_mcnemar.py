"""McNemar's test against statsmodels and scipy, and the interval that goes with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar as theirs

from webapp.analysis.mcnemar import mcnemar, score_interval

COUNTS = st.integers(0, 60)


@given(COUNTS, COUNTS)
def test_statsmodels_agrees(b: int, c: int) -> None:
    found = mcnemar(b, c)
    if b + c:
        table = [[7, b], [c, 9]]
        assert found.exact == pytest.approx(min(1, theirs(table, exact=True).pvalue))
        assert found.chi2 == pytest.approx(theirs(table, exact=False, correction=False).pvalue)
        assert found.exact == pytest.approx(binomtest(b, b + c).pvalue)
    assert found == mcnemar(c, b)
    assert 0 < found.mid <= found.exact <= 1


def test_mid_p_takes_half_of_what_was_seen() -> None:
    """For 1 and 5: 2 (1 + 6) / 64 exactly, less 6 / 64."""
    assert mcnemar(5, 1).exact == pytest.approx(14 / 64)
    assert mcnemar(5, 1).mid == pytest.approx(8 / 64)
    assert mcnemar(4, 4).mid == pytest.approx(1)
    assert mcnemar(0, 0) == (1, 1, 1)


@given(COUNTS, COUNTS, st.integers(0, 100))
def test_the_interval_leaves_out_0_where_the_test_rejects(b: int, c: int, rest: int) -> None:
    n = b + c + rest
    if not n:
        return
    low, high = score_interval(b, c, n)
    assert -1 <= low <= (b - c) / n <= high <= 1
    if abs(mcnemar(b, c).chi2 - 0.05) > 1e-6:
        assert (low > 0 or high < 0) == (mcnemar(b, c).chi2 < 0.05)
    assert score_interval(c, b, n) == pytest.approx((-high, -low), abs=1e-9)
    wide = score_interval(b, c, n, 0.99)
    assert wide[0] <= low and high <= wide[1]


def test_where_no_problem_differs_it_is_as_wide_as_n_allows() -> None:
    """Z^2 / (n + z^2), the score interval of 0 of n."""
    assert score_interval(0, 0, 10) == pytest.approx((-3.8415 / 13.8415, 3.8415 / 13.8415), abs=1e-4)


def test_nothing_has_no_interval() -> None:
    with pytest.raises(ValueError, match="at least one problem"):
        score_interval(0, 0, 0)
