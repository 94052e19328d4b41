"""Importance weights: estimates under one law from samples of another, and how far to trust them.

Weights are given as log p - log q of whole texts. Everything is self-normalised, so a constant in them cancels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from webapp.engine.policies.weights import effective_size, shares

FEWEST = 5.0  # effective samples below which an estimate is not to be relied on
SHARE = 0.2  # of the samples that must be effective


def estimate(log_weights: ArrayLike, values: ArrayLike) -> tuple[float, float]:
    """Return the weighted mean sum(w f) / sum(w) and its standard error sqrt(sum w^2 (f - mean)^2), sum(w) = 1."""
    w, f = shares(log_weights), np.asarray(values, dtype=np.float64)
    mean = float(w @ f)
    return mean, float(np.sqrt(np.square(w * (f - mean)).sum()))


def unreliable(log_weights: ArrayLike) -> str:
    """Return why a weighted estimate says little, as a clause; empty where it may be used.

    With five effective samples none has half of the weight, so that need not be looked at.
    """
    count, effective = np.size(log_weights), effective_size(log_weights)
    least = max(FEWEST, SHARE * count)
    return "" if effective >= least else f"they are worth {effective:.1f} of {count} samples; {least:.0f} are needed"
