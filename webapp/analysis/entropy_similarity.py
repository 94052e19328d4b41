"""How alike the token entropies of two answers are (Self-Critique, arXiv 2510.09259)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from storage.trace import TokenTrace


def token_entropies(trace: TokenTrace) -> NDArray[np.float64] | None:
    """[T] the entropies of a text in nats, without tokens that nothing scored; None where none are known.

    Where only the likeliest tokens were told they are lower bounds, which is what the authors work with too: they
    sum -p ln p over the 50 likeliest tokens without normalising them.
    """
    if trace.entropy is None:
        return None
    values = np.asarray(trace.entropy, dtype=np.float64)
    return values[~np.isnan(values)]


def length_ratio(first: ArrayLike, second: ArrayLike) -> float | None:
    """Return the shorter length over the longer one; None where one is empty."""
    short, long = sorted((np.size(first), np.size(second)))
    return short / long if short else None


def similarity(first: ArrayLike, second: ArrayLike) -> float | None:
    """Return the cosine of two entropy sequences, the shorter padded with zeros, times their length ratio.

    1 is the same sequence. None where one is empty or has no entropy at all, which leaves no angle to measure.
    """
    ratio = length_ratio(first, second)
    a, b = (np.asarray(each, dtype=np.float64) for each in (first, second))
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    if ratio is None or norms == 0:
        return None
    shared = min(a.size, b.size)
    return float(a[:shared] @ b[:shared]) / norms * ratio
