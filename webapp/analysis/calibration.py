"""How well predicted probabilities fit what came out (arXiv 2207.05221, appendix A.1 to A.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
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


def equal_counts(predictions: ArrayLike, bins: int) -> list[NDArray[np.intp]]:
    """Return which predictions lie in each of `bins` (at most one a prediction) of counts as equal as can be."""
    parts = np.array_split(np.argsort(np.asarray(predictions, dtype=np.float64), kind="stable"), bins)
    return [part for part in parts if len(part)]


def equal_widths(predictions: ArrayLike, bins: int) -> list[NDArray[np.intp]]:
    """Return which predictions lie in each part of (0, 1] that holds any, of `bins` equal ones; 0 is in the first."""
    edges = np.arange(1, bins) / bins
    place = np.searchsorted(edges, np.asarray(predictions, dtype=np.float64), side="left")
    order = np.argsort(place, kind="stable")
    parts = np.split(order, np.searchsorted(place[order], np.arange(1, bins)))
    return [part for part in parts if len(part)]


def binned(predictions: ArrayLike, fractions: ArrayLike, parts: Sequence[NDArray[np.intp]]) -> list[Bin]:
    """Return what lies in each part, from [N] predictions and the [N] fractions of outcomes that are 1."""
    p, f = np.asarray(predictions, dtype=np.float64), np.asarray(fractions, dtype=np.float64)
    return [Bin(float(p[part].mean()), float(f[part].mean()), len(part)) for part in parts]


def equal_count_bins(predictions: ArrayLike, fractions: ArrayLike, bins: int) -> list[Bin]:
    """Return the predictions in order, cut into `bins` (at most one a prediction) of counts as equal as can be."""
    return binned(predictions, fractions, equal_counts(predictions, bins))


def equal_width_bins(predictions: ArrayLike, fractions: ArrayLike, bins: int) -> list[Bin]:
    """Return what lies in each part (lo, hi] of 0 to 1, of `bins` equally wide ones; empty ones are left out."""
    return binned(predictions, fractions, equal_widths(predictions, bins))


def calibration_error(bins: Sequence[Bin]) -> float:
    """Return ECE = sum_b n_b / n |observed_b - predicted_b|, the expected calibration error.

    The paper averages over 10 bins of equal count, which is this; bins of equal width are now common. Say which.

    Raises:
        ValueError: if there is no bin.

    """
    gaps, sizes = _gaps(bins)
    return float(np.average(np.abs(gaps), weights=sizes))


def rms_error(bins: Sequence[Bin]) -> float:
    """Return sqrt(sum_b n_b / n (observed_b - predicted_b)^2), the RMS calibration error.

    Raises:
        ValueError: if there is no bin.

    """
    gaps, sizes = _gaps(bins)
    return float(np.sqrt(np.average(gaps**2, weights=sizes)))


def _gaps(bins: Sequence[Bin]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not bins:
        raise ValueError("a calibration error needs at least one prediction")
    predicted, observed, sizes = np.array(bins, dtype=np.float64).T
    return observed - predicted, sizes
