"""Weighted particles in numbers: the vectors, and what resampling keeps in expectation."""

from __future__ import annotations

import numpy as np
import pytest

from webapp.engine.policies.weights import effective_size, log_mean, ramped, shares, systematic

LOG_W = [-1.2, 0.3, -0.4, -2.5, 0.9, -0.1]
NOTHING = float("-inf")


def test_shares_effective_size_and_mean_weight() -> None:
    expected = [0.0522190546588, 0.234029566528, 0.11621564339, 0.0142313525967, 0.426429673018, 0.156874709809]
    assert shares(LOG_W) == pytest.approx(expected, rel=1e-10)
    assert effective_size(LOG_W) == pytest.approx(3.6015631662, rel=1e-10)
    assert log_mean(LOG_W) == pytest.approx(-0.0394516503048, rel=1e-9)


def test_a_constant_in_the_weights_changes_only_their_mean() -> None:
    far = [w - 5000 for w in LOG_W]
    assert shares(far) == pytest.approx(shares(LOG_W))
    assert log_mean(far) == pytest.approx(log_mean(LOG_W) - 5000)


def test_particles_without_weight_are_worth_nothing_unless_none_has_any() -> None:
    assert shares([0.0, NOTHING, 0.0]).tolist() == [0.5, 0.0, 0.5]
    assert effective_size([0.0, NOTHING, 0.0]) == pytest.approx(2.0)
    assert shares([NOTHING] * 4).tolist() == [0.25] * 4
    assert log_mean([NOTHING] * 4) == NOTHING


@pytest.mark.parametrize(
    ("offset", "expected"),
    [(0.1, [0, 1, 2, 4, 4, 5]), (0.5, [1, 1, 3, 4, 4, 5]), (0.9, [1, 2, 4, 4, 4, 5])],
)
def test_systematic_resampling(offset: float, expected: list[int]) -> None:
    assert systematic(shares(LOG_W), offset) == expected


def test_a_particle_has_as_many_descendants_as_its_share_says() -> None:
    w = shares(LOG_W)
    drawn = np.array([np.bincount(systematic(w, u), minlength=len(w)) for u in np.linspace(0, 1, 20_000, False)])
    assert drawn.mean(0) == pytest.approx(len(w) * w, abs=1e-3)
    assert (drawn >= np.floor(len(w) * w)).all() and (drawn <= np.ceil(len(w) * w)).all()


def test_no_particle_without_weight_goes_on() -> None:
    assert systematic([0.0, 0.5, 0.5, 0.0], 1 - 1e-16) == [1, 1, 2, 2]
    assert systematic([0.0, 1.0, 0.0], 0.0) == [1, 1, 1]


def test_the_exponent_grows_along_its_ramp() -> None:
    assert [ramped(4.0, step, 4) for step in range(6)] == pytest.approx([1.75, 2.5, 3.25, 4.0, 4.0, 4.0])
    assert ramped(4.0, 0, 0) == 4.0 and ramped(0.5, 1, 2) == 0.5
