"""Estimates from samples of several laws, sharpened by what is known to average to zero (arXiv 2212.00568).

Of that paper only the abstract could be read; the estimators here are the standard ones: the balance heuristic (Veach
and Guibas, 1995), the mixture's own control variates (Owen and Zhou, 2000), and regression on control variates.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

Floats = NDArray[np.float64]


class Controlled(NamedTuple):
    """An estimate, and the [m] coefficients of the control variates that were taken off."""

    estimate: float
    coefficients: Floats


def controlled(values: ArrayLike, controls: ArrayLike) -> Controlled:
    """Return mean(y) - b mean(h), from [N] values y and [N, m] controls h whose expectation is zero.

    b is the least squares slope of y on h, Cov(h)^-1 Cov(h, y); where controls are linearly dependent, the shortest.
    """
    y, h = np.asarray(values, dtype=np.float64), np.asarray(controls, dtype=np.float64)
    coefficients = np.linalg.lstsq(h - h.mean(axis=0), y - y.mean(), rcond=None)[0]
    return Controlled(float(y.mean() - coefficients @ h.mean(axis=0)), coefficients)


def mixture(log_densities: ArrayLike, counts: ArrayLike) -> Floats:
    """Return [N] ln m(y) of the balance heuristic, m = sum_k N_k / N p_k, from [K, N] ln p_k(y) of all samples."""
    n = np.asarray(counts, dtype=np.float64)
    mixed: Floats = logsumexp(np.asarray(log_densities, dtype=np.float64), axis=0, b=(n / n.sum())[:, None])
    return mixed


def mixture_controls(log_densities: ArrayLike, counts: ArrayLike) -> Floats:
    """Return [N, K - 1] p_k / m - 1, whose mean under the mixture is zero; the last follows from the others."""
    given = np.asarray(log_densities, dtype=np.float64)
    controls: Floats = np.expm1(given - mixture(given, counts))[:-1].T
    return controls
