"""Turning scores into probabilities that come true: temperature, Platt and isotonic fits, judged where held out.

A fit is a function from [N] scores to [N] probabilities. Outcomes are [N] fractions: 0 or 1, or the share of right
samples that stands behind one score.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import isotonic_regression, minimize_scalar
from scipy.special import expit, logit

from webapp.analysis.folds import fold_of, splits
from webapp.analysis.p_ik import fit_parameters

Floats: TypeAlias = NDArray[np.float64]
Fit: TypeAlias = Callable[[Floats], Floats]
Fitter: TypeAlias = Callable[[ArrayLike, ArrayLike], Fit]

COOLEST, HOTTEST = 0.05, 20.0  # between which a temperature is looked for
NEVER = 1e-12  # a probability of 0 or 1 is this far from it, so that one surprise does not cost without end


def log_loss(predictions: ArrayLike, fractions: ArrayLike) -> float:
    """Return the mean of -f ln p - (1 - f) ln(1 - p), in nats."""
    logits, f = _logits(predictions), np.asarray(fractions, dtype=np.float64)
    return float(np.mean(np.logaddexp(0, logits) - f * logits))


def best_temperature(predictions: ArrayLike, fractions: ArrayLike) -> float:
    """Return the T at which sigmoid(logit(p) / T) has the least log loss (arXiv 1706.04599, for two classes).

    Raises:
        ValueError: if a prediction is no probability.

    """
    logits, f = _logits(predictions), np.asarray(fractions, dtype=np.float64)

    def loss(log_t: float) -> float:
        scaled = logits / np.exp(log_t)
        return float(np.mean(np.logaddexp(0, scaled) - f * scaled))

    found = minimize_scalar(
        loss, bounds=(np.log(COOLEST), np.log(HOTTEST)), method="bounded", options={"xatol": 1e-9}
    )
    return float(np.exp(found.x))


def temperature(scores: ArrayLike, fractions: ArrayLike) -> Fit:
    """Fit one temperature to probabilities: their order stays, and 0.5 stays 0.5."""
    best = best_temperature(scores, fractions)
    return lambda given: np.asarray(expit(_logits(given) / best))


def platt(scores: ArrayLike, fractions: ArrayLike) -> Fit:
    """Fit sigmoid(a s + b) to any score, with Platt's (1999) targets (N+ + 1) / (N+ + 2) and 1 / (N- + 2)."""
    s, f = np.asarray(scores, dtype=np.float64), np.asarray(fractions, dtype=np.float64)
    centre, scale = s.mean(), s.std() or 1.0
    right = f.sum()
    high, low = (right + 1) / (right + 2), 1 / (len(f) - right + 2)
    slope, offset = fit_parameters((s[:, None] - centre) / scale, f * high + (1 - f) * low, penalty=0.0)
    return lambda given: np.asarray(expit((given - centre) / scale * slope + offset))


def isotonic(scores: ArrayLike, fractions: ArrayLike) -> Fit:
    """Fit the rising steps of least square error (pool adjacent violators), joined by straight lines."""
    s, f = np.asarray(scores, dtype=np.float64), np.asarray(fractions, dtype=np.float64)
    values, place, sizes = np.unique(s, return_inverse=True, return_counts=True)
    levels = isotonic_regression(np.bincount(place, weights=f) / sizes, weights=sizes).x
    return lambda given: np.interp(given, values, levels)


FITTERS: Final[dict[str, Fitter]] = {"temperature": temperature, "platt": platt, "isotonic": isotonic}


def held_out(
    fitter: Fitter, scores: ArrayLike, fractions: ArrayLike, problems: ArrayLike, folds: int = 5, seed: int = 0
) -> Floats:
    """Return [N] probabilities, each by a fit on the folds that its problem is not in.

    Raises:
        ValueError: if there are fewer problems than folds.

    """
    s, f = np.asarray(scores, dtype=np.float64), np.asarray(fractions, dtype=np.float64)
    predicted = np.empty(len(s))
    for others, own in splits(fold_of(problems, folds, seed)):
        predicted[own] = fitter(s[others], f[others])(s[own])
    return predicted


def _logits(probabilities: ArrayLike) -> Floats:
    p = np.asarray(probabilities, dtype=np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("a temperature fits probabilities from 0 to 1")
    return np.asarray(logit(np.clip(p, NEVER, 1 - NEVER)))
