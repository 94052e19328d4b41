"""Fits that turn scores into probabilities: the vector of section 1, scikit-learn, and what held out means."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from webapp.analysis.folds import fold_of
from webapp.analysis.recalibrate import (
    FITTERS,
    best_temperature,
    held_out,
    isotonic,
    log_loss,
    platt,
    temperature,
)

P = [
    0.03, 0.08, 0.12, 0.22, 0.27, 0.35, 0.41, 0.48, 0.52, 0.58, 0.63, 0.69, 0.74, 0.79, 0.83, 0.86, 0.9, 0.93, 0.96,
    0.99,
]  # fmt: skip
RIGHT = [0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1]
RANDOM = np.random.default_rng(11)
SCORES = RANDOM.normal(size=400)
OUTCOMES = RANDOM.random(400) < 1 / (1 + np.exp(-(1.7 * SCORES - 0.4)))


class Given(LogisticRegression):
    """A classifier whose decision function is its only feature."""

    def decision_function(self, x: np.ndarray) -> np.ndarray:
        return x[:, 0]


def test_the_temperature_of_the_vector() -> None:
    assert best_temperature(P, RIGHT) == pytest.approx(1.4178247, abs=1e-5)
    assert log_loss(P, RIGHT) == pytest.approx(0.556839383833, abs=1e-9)
    assert log_loss(temperature(P, RIGHT)(np.array(P)), RIGHT) == pytest.approx(0.542214101812, abs=1e-9)


def test_a_temperature_that_was_applied_is_found_and_certainty_is_no_exception() -> None:
    true = RANDOM.random(20_000)
    right = RANDOM.random(20_000) < true
    stretched = 1 / (1 + ((1 - true) / true) ** 2.5)
    assert best_temperature(stretched, right) == pytest.approx(2.5, rel=0.05)
    assert np.isfinite(log_loss([0.0, 1.0], [1, 0]))
    with pytest.raises(ValueError, match="from 0 to 1"):
        temperature([1.2], [1])


def test_platt_is_scikit_learns() -> None:
    x = SCORES[:, None]
    theirs = CalibratedClassifierCV(FrozenEstimator(Given().fit(x, OUTCOMES)), method="sigmoid").fit(x, OUTCOMES)
    assert platt(SCORES, OUTCOMES)(SCORES) == pytest.approx(theirs.predict_proba(x)[:, 1], abs=1e-4)
    moved = platt(SCORES * 1000 + 7, OUTCOMES)(SCORES * 1000 + 7)
    assert moved == pytest.approx(platt(SCORES, OUTCOMES)(SCORES), abs=1e-5)


def test_platt_stays_finite_where_right_and_wrong_are_apart_and_where_scores_are_equal() -> None:
    assert platt([0, 0, 1, 1], [0, 0, 1, 1])(np.array([0.0, 1.0])) == pytest.approx([0.25, 0.75], abs=1e-5)
    assert platt([5, 5, 5], [1, 0, 1])(np.array([5.0])) == pytest.approx([(2 * 0.75 + 1 / 3) / 3], abs=1e-5)


def test_isotonic_is_scikit_learns() -> None:
    rounded = np.round(SCORES, 1)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(rounded, OUTCOMES)
    at = np.linspace(-5, 5, 101)
    assert isotonic(rounded, OUTCOMES)(at) == pytest.approx(theirs.predict(at), abs=1e-9)


def test_fractions_are_many_outcomes_at_one_score() -> None:
    fractions, twice = np.array([0.5, 0.5, 1.0]), np.repeat([0.2, 0.6, 0.9], 2)
    outcomes = [0, 1, 0, 1, 1, 1]
    at = np.array([0.2, 0.6, 0.9])
    for fitter in (temperature, isotonic):
        assert fitter(at, fractions)(at) == pytest.approx(fitter(twice, outcomes)(at), abs=1e-6)


@pytest.mark.parametrize("name", FITTERS)
def test_a_problem_is_predicted_by_what_was_learnt_from_others(name: str) -> None:
    p = 1 / (1 + np.exp(-SCORES))
    problems = np.arange(400) // 4
    before = held_out(FITTERS[name], p, OUTCOMES, problems, seed=1)
    changed = OUTCOMES.copy()
    changed[8:12] = ~changed[8:12]
    after = held_out(FITTERS[name], p, changed, problems, seed=1)
    fold = fold_of(problems, 5, 1)
    own = fold == fold[8]
    assert (before[own] == after[own]).all() and (before[~own] != after[~own]).any()
    assert log_loss(before, OUTCOMES) < log_loss(np.full(400, OUTCOMES.mean()), OUTCOMES)


def test_folds_keep_problems_together_and_are_even() -> None:
    fold = fold_of(np.repeat([7, 3, 9, 1, 4, 8, 2], 3), 3, seed=2)
    assert [len(set(fold[i : i + 3])) for i in range(0, 21, 3)] == [1] * 7
    assert sorted(np.bincount(fold) // 3) == [2, 2, 3]
    with pytest.raises(ValueError, match="2 problems cannot be dealt into 3 folds"):
        fold_of([1, 1, 2], 3)
