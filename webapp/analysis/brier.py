"""What a Brier score is made of (Murphy, 1973; Stephenson, Coelho and Jolliffe, 2008)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Parts:
    """Brier = reliability - resolution + uncertainty + within, exactly.

    Attributes:
        reliability: sum_b n_b / n (predicted_b - observed_b)^2, how far bins are from what came out; 0 is best.
        resolution: sum_b n_b / n (observed_b - base)^2, how far what came out differs between bins; more is better.
        uncertainty: base (1 - base), of always saying the base rate.
        within: variance of the predictions within bins less twice their covariance with what came out; 0 where a
            bin holds equal predictions.

    """

    reliability: float
    resolution: float
    uncertainty: float
    within: float

    @property
    def score(self) -> float:
        """The Brier score that these make up."""
        return self.reliability - self.resolution + self.uncertainty + self.within


def decompose(predictions: ArrayLike, fractions: ArrayLike, parts: Sequence[NDArray[np.intp]]) -> Parts:
    """Split the Brier score of [N] predictions of single outcomes, of which [N] `fractions` are 1, over bins.

    `parts` holds the indices in each bin, as `calibration.equal_counts` returns them; together all N, once each.
    """
    p, f = np.asarray(predictions, dtype=np.float64), np.asarray(fractions, dtype=np.float64)
    base, order = f.mean(), np.concatenate(parts)
    sizes = np.array([len(part) for part in parts])
    starts = np.cumsum(sizes) - sizes
    p, f, weights = p[order], f[order], sizes / len(order)
    predicted, observed = (np.add.reduceat(x, starts) / sizes for x in (p, f))
    spread = p - np.repeat(predicted, sizes)
    return Parts(
        reliability=float(weights @ (predicted - observed) ** 2),
        resolution=float(weights @ (observed - base) ** 2),
        uncertainty=float(base * (1 - base)),
        within=float(np.mean(spread**2 - 2 * spread * (f - np.repeat(observed, sizes)))),
    )


def by_value(predictions: ArrayLike) -> list[NDArray[np.intp]]:
    """Return the indices of equal predictions: the bins of Murphy's decomposition, where nothing is within."""
    values, place = np.unique(np.asarray(predictions, dtype=np.float64), return_inverse=True)
    order = np.argsort(place, kind="stable")
    return np.split(order, np.searchsorted(place[order], np.arange(1, len(values))))
