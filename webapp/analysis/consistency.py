"""Consistency of what a model says at one depth: answers, decoders or layers (arXiv 2407.14507, section II)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


def neg_variance(values: Sequence[float]) -> float | None:
    """Return -D(Y), the negative population variance: 0 where all agree; None where there is no value."""
    return 0.0 - float(np.var(values)) if len(values) else None


def neg_entropy(values: Sequence[Hashable]) -> float | None:
    """Return -H(Y) = sum p log2 p over the distinct values, in bits: 0 where all agree; None where there are none."""
    if not values:
        return None
    shares = np.array(list(Counter(values).values())) / len(values)
    return float((shares * np.log2(shares)).sum())


def majority_share(values: Sequence[Hashable]) -> float | None:
    """Return the share of the most frequent value; None where there are none."""
    return max(Counter(values).values()) / len(values) if values else None


class Lens(NamedTuple):
    """What each of L layers would answer, from the probability that falls on each of K candidates.

    `says` [L] are the likeliest candidates, `share` [L] their part of the probability that fell on any of them
    (`captured` [L]), `entropy` [L] is over the candidates, in nats.
    """

    says: NDArray[np.intp]
    share: NDArray[np.float64]
    entropy: NDArray[np.float64]
    captured: NDArray[np.float64]


def read_lens(masses: ArrayLike) -> Lens:
    """Return what [L, K] masses say; a layer where nothing fell on any candidate says all of them alike."""
    given = np.asarray(masses, dtype=np.float64)
    captured = given.sum(axis=1)
    whole = np.where(captured > 0, captured, 1.0)[:, None]
    shares = np.where(captured[:, None] > 0, given / whole, 1 / given.shape[1])
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return Lens(shares.argmax(axis=1), shares.max(axis=1), np.abs((shares * logs).sum(axis=1)), captured)


def spread(layers: int, count: int) -> list[int]:
    """Return up to `count` layer numbers from 0 to layers - 1, evenly apart, the first and the last among them."""
    if count == 1:
        return [0]
    return sorted({round(i * (layers - 1) / (count - 1)) for i in range(count)})
