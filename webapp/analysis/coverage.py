"""Coverage of repeated sampling: how probably one of k samples is right (arXiv 2107.03374; 2407.21787)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from webapp.analysis.bootstrap import DRAWS, LEVEL, Floats, percentiles, resampled_means


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """[K] a mean over problems at each number of samples k, with its bootstrap band."""

    k: NDArray[np.int64]
    mean: Floats
    low: Floats
    high: Floats


def pass_at_k(samples: ArrayLike, right: ArrayLike, k: ArrayLike) -> Floats:
    """Return 1 - C(n - c, k) / C(n, k): how probably k of n samples, c of them right, hold a right one.

    It is unbiased, which 1 - (1 - c / n)^k is not. Arrays broadcast.

    Raises:
        ValueError: if k is less than 1 or more than there are samples.

    """
    n, c, drawn = (np.asarray(each, dtype=np.float64) for each in (samples, right, k))
    if (drawn < 1).any() or (drawn > n).any():
        raise ValueError("pass@k needs at least one sample to draw, and at least k samples of every problem")
    return -np.expm1(log_share_without(n, c, drawn))


def log_share_without(n: ArrayLike, c: ArrayLike, k: ArrayLike) -> Floats:
    """Return ln C(n - c, k) / C(n, k): of all draws of k from n, how many hold none of c; -inf for none."""
    n, c, k = (np.asarray(each, dtype=np.float64) for each in (n, c, k))
    left = np.maximum(n - c - k, 0)
    logs = gammaln(n - c + 1) - gammaln(left + 1) - gammaln(n + 1) + gammaln(n - k + 1)
    return np.where(c == 0, 0.0, np.where(n - c < k, -np.inf, np.minimum(logs, 0.0)))


def coverage_curve(
    samples: ArrayLike, right: ArrayLike, k: ArrayLike, *, draws: int = DRAWS, seed: int = 0, level: float = LEVEL
) -> Curve:
    """Return the mean pass@k of [P] problems, from how many samples each has and how many are right.

    Raises:
        ValueError: if a k is less than 1 or more than a problem has samples.

    """
    n, c, counts = (np.asarray(each, dtype=np.int64) for each in (samples, right, k))
    return curve(counts, pass_at_k(n[:, None], c[:, None], counts), draws=draws, seed=seed, level=level)


def curve(k: ArrayLike, values: ArrayLike, *, draws: int = DRAWS, seed: int = 0, level: float = LEVEL) -> Curve:
    """Return the mean over problems of [P, K] values, one a k, with a band that draws problems."""
    counts, given = np.asarray(k, dtype=np.int64), np.asarray(values, dtype=np.float64)
    low, high = percentiles(resampled_means(given, draws, seed), level)
    return Curve(counts, given.mean(axis=0), low, high)


def log_spaced(most: int, points: int = 40) -> NDArray[np.int64]:
    """Return whole numbers from 1 to `most`, at most so many, about evenly apart on a log scale."""
    return np.unique(np.round(np.geomspace(1, most, points)).astype(np.int64))
