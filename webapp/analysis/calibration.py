"""How well predicted probabilities fit what came out (arXiv 2207.05221, appendix A.1 to A.3)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata


class Bin(NamedTuple):
    """Predictions that lie together: their mean, the mean of what came out, and how many they are."""

    predicted: float
    observed: float
    size: int


def auroc(predictions: ArrayLike, positive: ArrayLike) -> float | None:
    """Return how probably a positive is predicted higher than a negative, ties half; None without both kinds."""
    positives = np.asarray(positive, dtype=bool)
    p, n = int(positives.sum()), int((~positives).sum())
    if not p or not n:
        return None
    ranks = rankdata(np.asarray(predictions, dtype=np.float64))
    return float((ranks[positives].sum() - p * (p + 1) / 2) / (p * n))


def brier(predictions: ArrayLike, fractions: ArrayLike) -> float:
    """Return the mean of (p - c)^2 over single outcomes c (0 or 1), of which `fractions` [N] are 1.

    Every prediction weighs the same, however many outcomes stand behind its fraction.
    """
    p, f = np.asarray(predictions, dtype=np.float64), np.asarray(fractions, dtype=np.float64)
    return float(np.mean(f * (1 - p) ** 2 + (1 - f) * p**2))


def equal_count_bins(predictions: ArrayLike, fractions: ArrayLike, bins: int) -> list[Bin]:
    """Return the predictions in order, cut into `bins` (at most one a prediction) of counts as equal as can be."""
    p, f = np.asarray(predictions, dtype=np.float64), np.asarray(fractions, dtype=np.float64)
    parts = np.array_split(np.argsort(p, kind="stable"), bins)
    return [Bin(float(p[part].mean()), float(f[part].mean()), len(part)) for part in parts if len(part)]
