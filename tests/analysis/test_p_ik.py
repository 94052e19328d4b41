"""The head of P(IK) against independent numbers, and on states that tell something."""

from __future__ import annotations

import numpy as np
import pytest

from webapp.analysis.p_ik import fit, fit_parameters, held_out, loss_and_gradient

X = np.array(
    [[0.5, -1.2, 0.3], [1.1, 0.4, -0.7], [-0.9, 0.8, 0.2], [0.2, 0.1, 1.4], [-1.3, -0.6, -0.5], [0.7, 1.5, 0.9]]
)
TARGETS = np.array([0.1, 0.8, 0.4, 0.9, 0.0, 1.0])
AT = np.array([0.2, -0.1, 0.3, 0.05])


def test_loss_and_gradient_of_soft_targets() -> None:
    loss, gradient = loss_and_gradient(AT, X, TARGETS, 0.1)
    assert loss == pytest.approx(0.648659798606, abs=1e-11)
    assert gradient == pytest.approx(
        [-0.153534380767, -0.272092188151, -0.0727354441803, -0.00308125040381], abs=1e-11
    )


def test_the_fit_is_where_the_loss_is_least() -> None:
    found = fit_parameters(X, TARGETS, 0.1)
    assert found == pytest.approx([0.715404286006, 0.873797950025, 0.477231674961, -0.146138261022], abs=1e-6)
    assert loss_and_gradient(found, X, TARGETS, 0.1)[0] == pytest.approx(0.482208334316, abs=1e-9)
    p = 1 / (1 + np.exp(-(X @ found[:-1] + found[-1])))
    assert p == pytest.approx(
        [0.333182911422, 0.658420528014, 0.50112064227, 0.679711596839, 0.137162687237, 0.890401634218], abs=1e-6
    )


def test_the_unit_of_a_state_and_what_never_varies_do_not_matter() -> None:
    moved = np.column_stack([X * [1000, 0.01, 1] + [5, -3, 0], np.full(6, 7.0)])
    assert fit(moved, TARGETS, 0.1).predict(moved) == pytest.approx(fit(X, TARGETS, 0.1).predict(X), abs=1e-6)


def test_states_that_repeat_mean_the_same_at_any_width() -> None:
    wide = np.tile(X, 5)
    assert fit(wide, TARGETS, 0.1).predict(wide) == pytest.approx(fit(X, TARGETS, 0.1).predict(X), abs=1e-6)


def test_held_out_rows_are_predicted_without_their_own_fraction() -> None:
    generator = np.random.default_rng(3)
    x = generator.normal(size=(60, 8))
    targets = (x[:, 0] > 0).astype(float)
    predicted = held_out(x, targets, 0.01, 5)
    assert np.mean((predicted > 0.5) == targets) > 0.85
    changed = targets.copy()
    changed[7] = 1 - changed[7]
    again = held_out(x, changed, 0.01, 5)
    assert again[[2, 7, 12]] == pytest.approx(predicted[[2, 7, 12]])  # the rows of its fold
    assert not np.allclose(again[3], predicted[3])


def test_nothing_is_learnt_from_states_that_say_nothing() -> None:
    x = np.ones((12, 4))
    assert fit(x, np.array([0.25] * 12), 0.01).predict(x) == pytest.approx([0.25] * 12, abs=1e-4)
