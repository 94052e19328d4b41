"""Two levels of resampling: samples of one problem are not independent problems."""

from __future__ import annotations

import numpy as np
import pytest

from webapp.analysis import bootstrap
from webapp.analysis.nested import Samples, nested_difference, nested_mean, problem_means, resampled

RANDOM = np.random.default_rng(7)
SIZES = RANDOM.integers(2, 9, size=120)
PROBLEMS = np.repeat(np.arange(120), SIZES)
EASE = RANDOM.random(120)
RIGHT = (RANDOM.random(len(PROBLEMS)) < EASE[PROBLEMS]).astype(float)


def test_the_mean_is_over_problems_whatever_their_number_of_samples() -> None:
    assert problem_means([1, 0, 0, 1], [0, 0, 0, 1]).tolist() == [pytest.approx(1 / 3), 1.0]
    assert nested_mean([1, 0, 0, 1], [0, 0, 0, 1], draws=10).estimate == pytest.approx(2 / 3)


def test_the_order_of_the_samples_does_not_matter() -> None:
    order = np.random.default_rng(1).permutation(len(RIGHT))
    assert nested_mean(RIGHT[order], PROBLEMS[order], seed=2) == nested_mean(RIGHT, PROBLEMS, seed=2)


@pytest.mark.parametrize("values", [RIGHT, RIGHT * 2 + PROBLEMS / 300], ids=["right or wrong", "numbers"])
def test_the_spread_is_that_between_problems_and_within_them(values: np.ndarray) -> None:
    """Var = (s_between^2 + mean of s_within^2 / n) / P, each with the divisor n of a bootstrap."""
    drawn = resampled([Samples(values, PROBLEMS)], 4000, 1)[:, 0]
    of_problem = [values[problem == PROBLEMS] for problem in range(120)]
    between = np.var([each.mean() for each in of_problem])
    within = np.mean([each.var() / len(each) for each in of_problem])
    assert drawn.var() == pytest.approx((between + within) / 120, rel=0.1)
    assert drawn.mean() == pytest.approx(problem_means(values, PROBLEMS).mean(), abs=0.01)


def test_copies_of_samples_are_not_more_problems() -> None:
    once = nested_mean(EASE > 0.5, np.arange(120), seed=3)
    copied = nested_mean(np.repeat(EASE > 0.5, 50), np.repeat(np.arange(120), 50), seed=3)
    pooled = bootstrap.mean(np.repeat(EASE > 0.5, 50), seed=3)
    assert copied.high - copied.low == pytest.approx(once.high - once.low, rel=0.15)
    assert (pooled.high - pooled.low) * 5 < copied.high - copied.low


def test_a_difference_draws_the_same_problems_for_both() -> None:
    problems = np.repeat(np.arange(60), 200)
    hard = np.repeat(np.arange(60) % 2, 200)
    better = Samples(np.where(np.arange(12_000) % 200 < 20, 1, hard), problems)
    found = nested_difference(better, Samples(hard, problems), seed=1)
    assert found.estimate == pytest.approx(0.05)
    assert found.high - found.low < 0.04 < nested_mean(hard, problems).high - nested_mean(hard, problems).low


def test_samples_of_other_problems_or_of_none_are_refused() -> None:
    with pytest.raises(ValueError, match="same problems"):
        nested_difference(Samples([1, 0], [0, 1]), Samples([1], [0]))
    with pytest.raises(ValueError, match="at least one sample"):
        Samples([1, 0], [0, 2])
    with pytest.raises(ValueError, match="at least one sample"):
        Samples([], [])
