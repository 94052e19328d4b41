"""Importance weights: the vector of section 15, and when they are not to be trusted."""

from __future__ import annotations

import numpy as np
import pytest

from webapp.analysis.importance import estimate, unreliable

LOG_W = [
    0.294789667375, 0.037646810232, 0.294789667375, -0.0832930437363, -0.219496046911, -0.0832930437363,
    -0.433543503324, 0.294789667375, -0.854721615165, 0.037646810232,
]  # fmt: skip
RIGHT = [1, 0, 1, 1, 0, 1, 1, 1, 0, 0]


def test_the_self_normalised_estimate_and_its_error() -> None:
    mean, error = estimate(LOG_W, RIGHT)
    assert (mean, error) == (pytest.approx(0.663503520177, rel=1e-9), pytest.approx(0.149793947422, rel=1e-9))


def test_equal_weights_give_the_plain_mean() -> None:
    mean, error = estimate([-7.0] * 10, RIGHT)
    assert (mean, error) == (pytest.approx(0.6), pytest.approx(np.sqrt(0.24 / 10)))


def test_too_few_effective_samples_are_named() -> None:
    assert unreliable(LOG_W) == ""
    assert unreliable([0.0] * 4) == "they are worth 4.0 of 4 samples; 5 are needed"
    heavy = [np.log(50.0), *[0.0] * 99]
    assert unreliable(heavy) == "they are worth 8.5 of 100 samples; 20 are needed"
    assert unreliable([0.0] * 100) == ""
