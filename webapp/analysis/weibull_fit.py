"""Fitting a mixture of two Weibull distributions by maximum likelihood: L-BFGS-B as RPC does it, and EM."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, minimize
from scipy.special import expit, logsumexp, softmax

from webapp.analysis.weibull import Floats, Mixture, Weibull

START = (0.5, 1.0, 1.0, 1.5, 2.0)  # w, k1, lam1, k2, lam2, as in the authors' code
WEIGHTS = (0.2, 0.8)
LEAST = 0.01  # of shapes and scales
LARGEST_SHAPE = 1000.0  # of EM: where a component holds equal values only, the likelihood grows without end
ROUNDS, ENOUGH = 1000, 1e-9  # of EM: most rounds, and the gain in log-likelihood at which it ends
TINY = 1e-12  # of EM: how little a value belongs to a component at least, so that none is left without values


def fit_lbfgsb(x: ArrayLike) -> Mixture | None:
    """Fit [n] x in (0, 1] by L-BFGS-B from the authors' start and bounds; None where the optimiser fails."""
    values = np.asarray(x, dtype=np.float64)
    bounds = [WEIGHTS, *[(LEAST, None)] * 4]
    with np.errstate(over="ignore", invalid="ignore"):  # what is infinite on the way is seen in the result
        found = minimize(
            lambda parameters: Mixture.of(parameters).negative_log_likelihood(values),
            START, method="L-BFGS-B", bounds=bounds,
        )  # fmt: skip
    return Mixture.of(found.x) if found.success and np.isfinite(found.fun) else None


def fit_em(x: ArrayLike) -> Mixture:
    """Fit [n] x in (0, 1], not all equal, by expectation maximisation from a split at the mean.

    The same bounds hold on the weight; shapes are bounded above too, so that there always is an answer.
    """
    values = np.asarray(x, dtype=np.float64)
    mixture = _maximised(values, np.where(values > values.mean(), 0.9, 0.1))
    likelihood = mixture.negative_log_likelihood(values)
    for _ in range(ROUNDS):
        first, second = mixture.log_parts(values)
        mixture = _maximised(values, np.clip(expit(first - second), TINY, 1 - TINY))
        before, likelihood = likelihood, mixture.negative_log_likelihood(values)
        if before - likelihood < ENOUGH:
            break
    return mixture


def _maximised(x: Floats, first: Floats) -> Mixture:
    """Return the best mixture where [n] `first` is how probably each value belongs to the first component."""
    weight = float(np.clip(first.mean(), *WEIGHTS))
    return Mixture(weight, _weighted(x, first), _weighted(x, 1 - first))


def _weighted(x: Floats, weights: Floats) -> Weibull:
    """Return the Weibull distribution of the largest weighted likelihood.

    Its shape solves sum(w x^k ln x) / sum(w x^k) - 1 / k = sum(w ln x) / sum(w), whose left side rises with k.
    """
    logs, log_share = np.log(x), np.log(weights / weights.sum())
    mean = float(np.exp(log_share) @ logs)

    def slope(shape: float) -> float:
        return float(softmax(log_share + shape * logs) @ logs) - 1 / shape - mean

    shape = float(brentq(slope, LEAST, LARGEST_SHAPE)) if slope(LEAST) < 0 < slope(LARGEST_SHAPE) else LARGEST_SHAPE
    scale = float(np.exp(logsumexp(log_share + shape * logs) / shape))
    return Weibull(shape, max(scale, LEAST))
