"""Importance sampling with control variates: the vectors of section 15, and what is known to be exact."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax

from webapp.analysis.control_variates import controlled, mixture, mixture_controls

FIRST = np.array([1.2, 0.3, -0.5])
SECOND = np.array([[0.4, 1.0, -0.2], [1.5, -0.3, 0.6], [-0.8, 0.2, 0.9]])
CORRECT = {(0, 1), (1, 0), (2, 2)}
SAMPLES = [(0, 1), (0, 0), (0, 1), (1, 0), (0, 2), (1, 0), (2, 2), (0, 1), (1, 1), (0, 0)]
POOLED = [(0, 1), (0, 0), (1, 0), (0, 1), (2, 2), (0, 2), (1, 1), (1, 0)]  # four at 0.7, four at 1.3
ALL = [(a, b) for a in range(3) for b in range(3)]


def log_p(texts: list[tuple[int, int]], temperature: float) -> np.ndarray:
    first, second = log_softmax(FIRST / temperature), log_softmax(SECOND / temperature, axis=1)
    return np.array([first[a] + second[a, b] for a, b in texts])


def right(texts: list[tuple[int, int]]) -> np.ndarray:
    return np.array([text in CORRECT for text in texts], dtype=float)


@pytest.mark.parametrize(
    ("temperature", "plain", "coefficient", "estimate"),
    [(0.7, 0.651690271529, 1.30789761632, 0.674976537959), (1.3, 0.564319850766, -0.684476954742, 0.571612435872)],
)
def test_one_law_and_the_weights_themselves_as_control(
    temperature: float, plain: float, coefficient: float, estimate: float
) -> None:
    w = np.exp(log_p(SAMPLES, temperature) - log_p(SAMPLES, 1.0))
    assert (w * right(SAMPLES)).mean() == pytest.approx(plain, abs=1e-9)
    found = controlled(w * right(SAMPLES), (w - 1)[:, None])
    assert found.coefficients == pytest.approx([coefficient], abs=1e-9)
    assert found.estimate == pytest.approx(estimate, abs=1e-9)


@pytest.mark.parametrize(
    ("temperature", "weight", "plain", "coefficient", "estimate"),
    [
        (0.7, 1.24240745982, 0.638761507455, 1.31449620721, 0.728521360745),
        (1.0, 0.925206178919, 0.627863505957, 0.764675149057, 0.680079045886),
        (1.3, 0.757592540182, 0.611238492545, 0.45918751905, 0.642593930558),
    ],
)
def test_two_laws_pooled(
    temperature: float, weight: float, plain: float, coefficient: float, estimate: float
) -> None:
    laws = np.array([log_p(POOLED, 0.7), log_p(POOLED, 1.3)])
    w = np.exp(log_p(POOLED, temperature) - mixture(laws, [4, 4]))
    assert w[0] == pytest.approx(weight, abs=1e-9)
    assert (w * right(POOLED)).mean() == pytest.approx(plain, abs=1e-9)
    found = controlled(w * right(POOLED), mixture_controls(laws, [4, 4]))
    assert found.coefficients == pytest.approx([coefficient], abs=1e-8)
    assert found.estimate == pytest.approx(estimate, abs=1e-9)


def test_controls_of_a_mixture_average_to_zero_under_it_and_cancel() -> None:
    laws = np.array([log_p(ALL, t) for t in (0.5, 1.0, 2.0)])
    counts = np.array([2, 5, 3])
    controls = mixture_controls(laws, counts)
    assert controls.shape == (9, 2)
    assert np.exp(mixture(laws, counts)) @ controls == pytest.approx([0, 0], abs=1e-12)
    last = np.expm1(laws[2] - mixture(laws, counts))
    assert controls @ counts[:2] + 3 * last == pytest.approx(np.zeros(9), abs=1e-12)


def test_the_best_mixture_with_its_controls_has_no_variance() -> None:
    """Section 15: g = sum a_k phi_k f_k / I_k makes every outcome contribute I_j exactly."""
    f = np.array([[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]])
    phi = np.array([[1.0, 2.0, 0.5, 0.0], [0.0, 1.0, 3.0, 1.0]])
    wanted = (f * phi).sum(axis=1)
    assert wanted == pytest.approx([0.65, 1.0])
    best = f * phi / wanted[:, None]
    mixed = best.mean(axis=0)
    for j in range(2):
        found = controlled(phi[j] * f[j] / mixed, (best / mixed - 1).T)
        assert found.estimate == pytest.approx(wanted[j])
        few = [0, 1, 1, 3]  # whichever outcomes were drawn
        found = controlled((phi[j] * f[j] / mixed)[few], (best / mixed - 1).T[few])
        assert found.estimate == pytest.approx(wanted[j])


def test_controls_that_say_nothing_change_nothing() -> None:
    assert controlled([1.0, 0.0, 1.0], np.empty((3, 0))).estimate == pytest.approx(2 / 3)
    assert controlled([1.0, 0.0, 1.0], np.zeros((3, 1))).estimate == pytest.approx(2 / 3)
