"""Percentile bootstrap intervals over problems, and over problems and their samples (Efron and Tibshirani, 1993).

A problem is what is drawn independently; samples of one problem are not. Whatever is a function of means over
problems is resampled as those means. One seed gives the same intervals at every call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LEVEL = 0.95
DRAWS = 1000
FEW = 64  # distinct rows up to which their counts are drawn instead of the rows


class Interval(NamedTuple):
    """An estimate between the ends of its interval."""

    estimate: float
    low: float
    high: float


def percentiles(resampled: ArrayLike, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Return the ends between which `level` of [draws, ...] lies, axis 0 gone; NaN where no draw is defined."""
    given = np.asarray(resampled, dtype=np.float64)
    defined = ~np.isnan(given).all(axis=0)
    ends = np.full((2, *given.shape[1:]), np.nan)
    ends[:, defined] = np.nanpercentile(given[:, defined], [50 * (1 - level), 50 * (1 + level)], axis=0)
    return ends[0], ends[1]


def interval(estimate: float, resampled: ArrayLike, level: float = LEVEL) -> Interval:
    """Return an estimate with the percentile interval of its [draws] resampled values."""
    low, high = percentiles(resampled, level)
    return Interval(estimate, float(low), float(high))


def resampled_means(rows: ArrayLike, draws: int = DRAWS, seed: int = 0) -> Floats:
    """Return [draws, c] the means of [n, c] rows, n of them drawn with replacement each time.

    Raises:
        ValueError: if there are no rows.

    """
    given = np.asarray(rows, dtype=np.float64)
    if not len(given):
        raise ValueError("a bootstrap needs at least one problem")
    random = np.random.default_rng(seed)
    if (counted := _distinct(given)) is not None:
        values, counts = counted
        drawn: Floats = random.multinomial(len(given), counts / len(given), size=draws) @ values / len(given)
        return drawn
    return np.array([_drawn(given, random) for _ in range(draws)])


def mean(values: ArrayLike, *, draws: int = DRAWS, seed: int = 0, level: float = LEVEL) -> Interval:
    """Return the mean of [n] values, one a problem, with its interval."""
    given = np.asarray(values, dtype=np.float64)
    return interval(float(given.mean()), resampled_means(given[:, None], draws, seed)[:, 0], level)


def of_means(
    rows: ArrayLike, function: Callable[[Floats], Floats], *, draws: int = DRAWS, seed: int = 0, level: float = LEVEL
) -> Interval:
    """Return a function of the means of [n, c] rows with its interval.

    `function` takes means [..., c] and returns [...]; where it divides by 0 (a rate without cases) it is undefined:
    such draws are left out, and an estimate is NaN.
    """
    given = np.asarray(rows, dtype=np.float64)
    means = np.vstack([given.mean(axis=0), resampled_means(given, draws, seed)])
    with np.errstate(divide="ignore", invalid="ignore"):
        values = function(means)
    values = np.where(np.isfinite(values), values, np.nan)
    return interval(float(values[0]), values[1:], level)


def ratio(
    parts: ArrayLike, wholes: ArrayLike, *, draws: int = DRAWS, seed: int = 0, level: float = LEVEL
) -> Interval:
    """Return sum(parts) / sum(wholes) of [n] problems with its interval; NaN where all wholes are 0."""
    rows = np.column_stack([np.asarray(parts, dtype=np.float64), np.asarray(wholes, dtype=np.float64)])
    return of_means(rows, lambda means: means[..., 0] / means[..., 1], draws=draws, seed=seed, level=level)


def _distinct(rows: Floats) -> tuple[Floats, NDArray[np.int64]] | None:
    """Return the distinct rows and how often each is there, or None where they are many."""
    if len(np.unique(rows[: 4 * FEW], axis=0)) > FEW:
        return None
    values, counts = np.unique(rows, axis=0, return_counts=True)
    return (values, counts) if len(values) <= FEW else None


def _drawn(rows: Floats, random: np.random.Generator) -> Floats:
    """Return [c] the means of n rows drawn with replacement: how often each was, times what it holds."""
    n = len(rows)
    times = np.bincount(random.integers(n, size=n, dtype=np.int32), minlength=n)
    drawn: Floats = times @ rows / n
    return drawn
