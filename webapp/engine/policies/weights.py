"""Weighted particles in numbers: shares, effective size, resampling, the ramp of an exponent; needs no torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def shares(log_weights: ArrayLike) -> NDArray[np.float64]:
    """Return [N] the normalised weights; equal ones where every weight is 0."""
    log_w = np.asarray(log_weights, dtype=np.float64)
    top = log_w.max()
    weights = np.exp(log_w - top) if np.isfinite(top) else np.ones_like(log_w)
    normalised: NDArray[np.float64] = weights / weights.sum()
    return normalised


def effective_size(log_weights: ArrayLike) -> float:
    """Return 1 / sum of squared shares: how many equally weighted particles these are worth, from 1 to N."""
    return float(1 / np.square(shares(log_weights)).sum())


def log_mean(log_weights: ArrayLike) -> float:
    """Return ln of the mean weight: what a population adds to the estimate of ln Z when it is resampled or ends."""
    log_w = np.asarray(log_weights, dtype=np.float64)
    top = log_w.max()
    return float(top + np.log(np.exp(log_w - top).mean())) if np.isfinite(top) else float(top)


def systematic(weights: ArrayLike, offset: float) -> list[int]:
    """Return for each of N new particles the old one that it continues, in rising order.

    Positions (offset + i) / N are looked up in the cumulative shares, with one offset in [0, 1) for all of them: a
    particle of share w gets floor(N w) or ceil(N w) descendants, and N w in expectation.
    """
    w = np.asarray(weights, dtype=np.float64)
    positions = (offset + np.arange(len(w))) / len(w)
    cumulative = np.cumsum(w / w.sum())
    found = np.searchsorted(cumulative, positions, side="left")
    # neither the position 0 nor rounding at the end may fall to a particle without weight
    first, last = np.flatnonzero(w)[[0, -1]]
    return [int(i) for i in found.clip(first, last)]


def ramped(alpha: float, step: int, ramp: int) -> float:
    """Return the exponent at a step (from 0): from near 1 it grows to `alpha` at step `ramp` - 1, linearly.

    A ramp of 0 has it from the start.
    """
    return 1 + (alpha - 1) * (min(1.0, (step + 1) / ramp) if ramp else 1.0)
