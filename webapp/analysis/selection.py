"""What selection makes of k samples: the accuracy of votes and of best-of-k, in expectation over subsets of n.

The gap to `coverage` is what a perfect selection would add (arXiv 2407.21787, section 4.1).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

Floats = NDArray[np.float64]

SUBSETS = 100  # of each size, as in the paper
ROUNDING = 1e-9  # relative: weights summed in another order may differ by this and are still a tie


def best_of_k(scores: ArrayLike, right: ArrayLike, k: ArrayLike) -> Floats:
    """Return [K] how probably the best of k samples is right, over all subsets of [n] samples; equal scores share.

    A sample with `above` better and `level` equal ones (itself among them) is best in C(n - above, k) -
    C(n - above - level, k) of the C(n, k) subsets, divided among the equal ones.

    Raises:
        ValueError: if k is less than 1 or more than n.

    """
    s, r = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=np.float64)
    counts = _counts(k, len(r))
    _, place, sizes = np.unique(-s, return_inverse=True, return_counts=True)
    remaining = len(s) - np.append(0, np.cumsum(sizes))  # [G + 1] samples from each level down
    shares = -np.diff(np.exp(_log_choose(remaining, counts) - _log_choose(np.array([len(s)]), counts)), axis=0)
    chance: Floats = (np.bincount(place, weights=r) / sizes) @ shares
    return chance


def vote_of_k(
    answers: ArrayLike, right: ArrayLike, k: ArrayLike, *, weights: ArrayLike | None = None,
    subsets: int = SUBSETS, seed: int = 0,
) -> Floats:  # fmt: skip
    """Return [K] how often the vote of k samples is right, over random subsets of [n] samples.

    Answers are numbers, equal for equal answers and -1 where none is stated: that sample has no vote, and a vote
    without any is wrong. Tied answers share. With [n] weights from 0 up, their sum wins instead of the count.

    Raises:
        ValueError: if k is less than 1 or more than n.

    """
    counts = _counts(k, len(np.asarray(right)))
    names, codes = np.unique(np.asarray(answers), return_inverse=True)
    votes = np.ones(len(codes)) if weights is None else np.asarray(weights, dtype=np.float64)
    votes = np.where(names[codes] == -1, 0.0, votes)
    correct = np.bincount(codes, weights=np.asarray(right, dtype=np.float64)) / np.bincount(codes)
    tallies = _tallies(codes, votes, counts, subsets, np.random.default_rng(seed))
    leading = tallies >= tallies.max(axis=2, keepdims=True) * (1 - ROUNDING)
    leading &= tallies > 0
    shared = np.maximum(leading.sum(axis=2), 1)
    chance: Floats = ((leading @ correct) / shared).mean(axis=0)
    return chance


def _tallies(
    codes: NDArray[np.intp], votes: Floats, k: NDArray[np.int64], subsets: int, random: np.random.Generator
) -> Floats:
    """Return [subsets, K, A] the votes of A answers in subsets of k; that of a smaller k is part of the larger's."""
    answers = int(codes.max()) + 1
    order = random.permuted(np.tile(np.arange(len(codes)), (subsets, 1)), axis=1)[:, : int(k.max())]
    sizes, where = np.unique(k, return_inverse=True)
    step = np.searchsorted(sizes, np.arange(1, order.shape[1] + 1))  # at which size each place joins
    cell = (np.arange(subsets)[:, None] * len(sizes) + step) * answers + codes[order]
    counted = np.bincount(cell.ravel(), weights=votes[order].ravel(), minlength=subsets * len(sizes) * answers)
    tallies: Floats = counted.reshape(subsets, len(sizes), answers).cumsum(axis=1)[:, where]
    return tallies


def _log_choose(n: NDArray[np.int64], k: NDArray[np.int64]) -> Floats:
    """Return [N, K] ln C(n, k), -inf where k > n."""
    left = n[:, None] - k
    logs = gammaln(n + 1)[:, None] - gammaln(k + 1) - gammaln(np.maximum(left, 0) + 1)
    return np.where(left < 0, -np.inf, logs)


def _counts(k: ArrayLike, n: int) -> NDArray[np.int64]:
    counts = np.asarray(k, dtype=np.int64)
    if (counts < 1).any() or (counts > n).any():
        raise ValueError(f"k must be from 1 to {n}, the number of samples")
    return counts
