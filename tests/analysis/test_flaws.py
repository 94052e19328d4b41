"""Imperfect verifiers: the vector of section 8, a simulation, and what soundness and cost do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.analysis.flaws import Values, Verifier, best_attempts, model, posterior, rejections

ACCURACY, PRIOR, CHECK = [0.87, 0.13], [0.58, 0.42], Verifier(1.0, 0.75)
REWARDS = {
    -0.7: (3, [0.48206, 0.523874375, 0.524567101625, 0.522426468324, 0.520776922947]),
    -1.0: (2, [0.449, 0.47238125, 0.46135236875, 0.451593221914, 0.444975505426]),
    -2.0: (1, [0.3388, 0.3007375, 0.2506365925, 0.215482400547, 0.192304113691]),
}
SHARES = st.floats(0.01, 0.99)


def test_types_before_each_attempt() -> None:
    assert rejections(ACCURACY, CHECK) == pytest.approx([0.0975, 0.6525])
    easy = posterior(ACCURACY, PRIOR, CHECK, 4)[:, 0]
    assert easy == pytest.approx([0.58, 0.171052631579, 0.0299115044248, 0.00458621754995], abs=1e-12)
    attempts = model(ACCURACY, PRIOR, CHECK, 2)
    assert attempts.right / attempts.reached == pytest.approx([0.5592, 0.256578947368])
    assert attempts.wrong / attempts.reached == pytest.approx([0.1102, 0.185855263158])


@pytest.mark.parametrize("wrong", REWARDS)
def test_rewards_and_the_best_number_of_attempts(wrong: float) -> None:
    best, expected = REWARDS[wrong]
    rewards = model(ACCURACY, PRIOR, CHECK, 15).rewards(Values(wrong=wrong))
    assert rewards[:5] == pytest.approx(expected, abs=1e-9)
    assert best_attempts(rewards) == best


def test_what_hard_problems_ship_in_the_end() -> None:
    """0.13 right to 0.2175 wrong: the precision of accepts of the hard type alone, 0.3741."""
    late = model(ACCURACY, PRIOR, CHECK, 15)
    assert late.right[-1] / (late.right + late.wrong)[-1] == pytest.approx(0.374100719424, abs=1e-9)
    assert (np.diff(late.precision) < 0).all()


def test_a_simulation_of_attempts() -> None:
    random = np.random.default_rng(8)
    check, n = Verifier(0.8, 0.6), 200_000
    accuracy = np.array(ACCURACY)[random.choice(2, size=n, p=PRIOR)]
    right = random.random((n, 4)) < accuracy[:, None]
    accepted = random.random((n, 4)) < np.where(right, check.completeness, 1 - check.soundness)
    first = np.where(accepted.any(axis=1), accepted.argmax(axis=1), -1)
    found = model(ACCURACY, PRIOR, check, 4)
    for k in range(4):
        shipped = right[first == k, k]
        assert found.reached[k] == pytest.approx(((first == -1) | (first >= k)).mean(), abs=0.005)
        assert found.right[k] == pytest.approx(shipped.sum() / n, abs=0.005)
        assert found.wrong[k] == pytest.approx((~shipped).sum() / n, abs=0.005)


def test_attempts_that_cost_more_than_they_bring_are_not_made() -> None:
    attempts = model(ACCURACY, PRIOR, CHECK, 10)
    assert best_attempts(attempts.rewards(Values(cost=0.2))) == 1
    assert best_attempts(attempts.rewards(Values(wrong=-6))) == 0
    assert attempts.rewards(Values(0, 0, 1))[2] == pytest.approx(-attempts.reached[:3].sum())


@given(SHARES, SHARES, SHARES, st.floats(-3, 0))
def test_of_one_type_all_attempts_are_worth_the_same(r: float, c: float, s: float, wrong: float) -> None:
    """So the best number is none or as many as there can be."""
    attempts = model([r], [1.0], Verifier(c, s), 12)
    rewards = attempts.rewards(Values(wrong=wrong))
    assert attempts.precision == pytest.approx(np.full(12, attempts.precision[0]))
    assert (np.diff(rewards) >= -1e-12).all() or best_attempts(rewards) == 0


@given(st.lists(SHARES, min_size=2, max_size=4), SHARES, SHARES)
def test_shipped_precision_never_rises_with_a_complete_verifier(r: list[float], s: float, share: float) -> None:
    prior = np.full(len(r), 1 / len(r))
    attempts = model(r, prior, Verifier(1.0, s), 10)
    assert (np.diff(attempts.precision) <= 1e-12).all()
    assert attempts.reached[0] == pytest.approx(1)
    assert np.cumsum(attempts.right + attempts.wrong)[:-1] == pytest.approx(1 - attempts.reached[1:])


def test_nothing_is_left_after_a_verifier_that_accepts_everything() -> None:
    assert np.isnan(posterior([0.5], [1.0], Verifier(1.0, 0.0), 2)[1]).all()
    assert np.isnan(model([0.5], [1.0], Verifier(0.0, 1.0), 2).precision).all()
