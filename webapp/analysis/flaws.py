"""Resampling until an imperfect verifier accepts: what that earns and how pure it is (arXiv 2411.17501).

Problems come in types of different ease. A sample of type i is right with r_i; the verifier accepts a right one with
its completeness c and rejects a wrong one with its soundness s. Late acceptances come from hard types, so what is
shipped gets worse with every attempt, and where a shipped mistake costs something there is a best number of attempts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Verifier:
    """P(accept | right) and P(reject | wrong)."""

    completeness: float
    soundness: float


@dataclass(frozen=True, slots=True)
class Values:
    """What a shipped right answer, a shipped wrong one and an attempt are worth, the last as a cost."""

    right: float = 1.0
    wrong: float = -1.0
    cost: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Attempts:
    """What up to K attempts bring, for K = 1 to the most; all [K].

    Attributes:
        reached: how probably attempt k is made.
        right: how probably attempt k is made and ships a right answer.
        wrong: how probably it is made and ships a wrong one.

    """

    reached: Floats
    right: Floats
    wrong: Floats

    def rewards(self, values: Values) -> Floats:
        """Return R(K) = sum over k <= K of V right_k + V_fp wrong_k - C reached_k."""
        gains: Floats = values.right * self.right + values.wrong * self.wrong - values.cost * self.reached
        total: Floats = np.cumsum(gains)
        return total

    @property
    def precision(self) -> Floats:
        """Share of what is shipped within K attempts that is right; NaN where nothing is."""
        shipped: Floats = np.cumsum(self.right + self.wrong)
        right: Floats = np.cumsum(self.right)
        purity: Floats = np.divide(right, shipped, out=np.full(len(shipped), np.nan), where=shipped > 0)
        return purity


def best_attempts(rewards: ArrayLike) -> int:
    """Return the K of the highest of R(1), R(2), ..., the smallest of equal ones; 0 where none is above 0."""
    given = np.asarray(rewards, dtype=np.float64)
    best = int(given.argmax())
    return best + 1 if given[best] > 0 else 0


def rejections(accuracy: ArrayLike, verifier: Verifier) -> Floats:
    """Return [M] beta_i = (1 - c) r_i + s (1 - r_i), how probably an attempt at each type is rejected."""
    r = np.asarray(accuracy, dtype=np.float64)
    rejected: Floats = (1 - verifier.completeness) * r + verifier.soundness * (1 - r)
    return rejected


def posterior(accuracy: ArrayLike, prior: ArrayLike, verifier: Verifier, most: int) -> Floats:
    """Return [most, M] how probable each type is before attempt k, all earlier ones having been rejected.

    A row is NaN where nothing gets that far.
    """
    left = _surviving(accuracy, prior, verifier, most)
    total: Floats = left.sum(axis=1, keepdims=True)
    return np.divide(left, total, out=np.full_like(left, np.nan), where=total > 0)


def model(accuracy: ArrayLike, prior: ArrayLike, verifier: Verifier, most: int) -> Attempts:
    """Return what attempts bring for types with [M] accuracies r and [M] prior probabilities.

    Attempt k is made with sum_i prior_i beta_i^(k-1). (The authors' notebook multiplies the survival into the
    posterior once more; its rewards differ, its best K in its own three settings does not.)
    """
    r, left = np.asarray(accuracy, dtype=np.float64), _surviving(accuracy, prior, verifier, most)
    return Attempts(left.sum(axis=1), left @ (verifier.completeness * r), left @ ((1 - verifier.soundness) * (1 - r)))


def _surviving(accuracy: ArrayLike, prior: ArrayLike, verifier: Verifier, most: int) -> Floats:
    survived = rejections(accuracy, verifier) ** np.arange(most)[:, None]
    left: Floats = survived * np.asarray(prior, dtype=np.float64)
    return left
