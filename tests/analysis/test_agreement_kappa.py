"""Cohen's and Fleiss' kappa: textbook examples, and scikit-learn and statsmodels on random ratings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

from webapp.analysis.agreement_kappa import Weights, cohen, cohen_per_value, fleiss, fleiss_per_value
from webapp.analysis.agreement_table import against_rest, counts

# Fleiss (1971) as it stands in textbooks: ten items, fourteen ratings each, five values.
FLEISS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip
RATED = np.array([np.repeat(range(5), row) for row in FLEISS])
# Fifty proposals read by two: 20 yes and yes, 5 yes and no, 10 no and yes, 15 no and no.
READ = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [20, 5, 10, 15], axis=0)


def test_textbook_examples() -> None:
    assert cohen(READ, 2).estimate == pytest.approx(0.4, abs=1e-9)
    assert fleiss(RATED, 5).estimate == pytest.approx(0.209931, abs=1e-6)


def test_intervals_hold_the_estimate_and_are_about_as_wide_as_theory() -> None:
    found = cohen(READ, 2, draws=4000)
    assert found.low < 0.4 < found.high
    deviation = np.sqrt(0.7 * 0.3 / (50 * 0.5**2))  # Cohen's (1960) standard error: p_o = 0.7, p_e = 0.5
    assert found.high - found.low == pytest.approx(2 * 1.96 * deviation, rel=0.1)


@settings(max_examples=60, deadline=None)
@given(
    ratings=st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), min_size=2, max_size=20),
    weights=st.sampled_from(["none", "linear", "quadratic"]),
)
def test_cohen_equals_scikit_learn(ratings: list[tuple[int, int]], weights: Weights) -> None:
    codes = np.array(ratings)
    both = codes[(codes != -1).all(axis=1)]
    found = cohen(codes, 4, weights, draws=2).estimate
    if not len(both) or (both == both[0, 0]).all():
        assert np.isnan(found)
    else:
        theirs = cohen_kappa_score(*both.T, labels=range(4), weights=None if weights == "none" else weights)
        assert found == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=2, max_size=15))
def test_fleiss_equals_statsmodels(ratings: list[tuple[int, int, int]]) -> None:
    codes = np.array(ratings)
    found = fleiss(codes, 3, draws=2).estimate
    if (codes == codes[0, 0]).all():
        assert np.isnan(found)
    else:
        assert found == pytest.approx(fleiss_kappa(counts(codes, 3)), abs=1e-9)


def test_each_value_against_the_others() -> None:
    ours = [each.estimate for each in fleiss_per_value(RATED, 5)]
    theirs = [fleiss_kappa(counts(against_rest(RATED, value), 2)) for value in range(5)]
    assert ours == pytest.approx(theirs, abs=1e-9)
    assert [each.estimate for each in cohen_per_value(READ, 2)] == pytest.approx([0.4, 0.4])


def test_what_hangs_together_is_drawn_together() -> None:
    groups = np.repeat(np.arange(10), 4)
    for function, codes, values in ((cohen, READ[::5], 2), (fleiss, RATED, 5)):
        copied = np.repeat(codes, 4, axis=0)
        alone, grouped = function(codes, values), function(copied, values, groups=groups)
        assert grouped == pytest.approx(alone)
        assert function(copied, values).high - function(copied, values).low < 0.7 * (grouped.high - grouped.low)


def test_missing_ratings() -> None:
    kept = np.vstack([READ, [[1, -1], [-1, -1], [-1, 0]]])
    assert cohen(kept, 2) == cohen(READ, 2)
    moved = np.column_stack([READ, np.full(50, -1)])
    assert fleiss(moved, 2) == fleiss(READ, 2), "who rated does not matter, only how many did"
    with pytest.raises(ValueError, match="same number of ratings"):
        fleiss(kept, 2)


def test_what_is_not_of_two_is_refused() -> None:
    with pytest.raises(ValueError, match="of two annotators"):
        cohen(RATED, 5)
