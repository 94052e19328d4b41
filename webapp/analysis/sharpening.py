"""Best-of-N by the model's own reward, and what it does to the length of the pick (arXiv 2412.01951)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise


def bon_distribution(rewards: Sequence[float], probabilities: Sequence[float], n: int) -> list[float]:
    """Return how probably each of k texts is the best of n independent draws.

    F(r)^n - F(< r)^n goes to the reward r, where F is the mass of texts with at most that reward; texts of equal
    reward share it in proportion to their probabilities.
    """
    mass: defaultdict[float, float] = defaultdict(float)
    for reward, probability in zip(rewards, probabilities, strict=True):
        mass[reward] += probability
    selected, below = {}, 0.0
    for reward in sorted(mass):
        upto = below + mass[reward]
        selected[reward] = (upto**n - below**n) / mass[reward] if mass[reward] > 0 else 0.0
        below = upto
    return [selected[reward] * share for reward, share in zip(rewards, probabilities, strict=True)]


def pick_lengths(rewards: Sequence[float], lengths: Sequence[int]) -> list[float]:
    """Return the expected length of the best of n = 1 to N draws (with replacement) from N samples."""
    size = len(rewards)
    even = [1 / size] * size
    return [
        sum(p * length for p, length in zip(bon_distribution(rewards, even, n), lengths, strict=True))
        for n in range(1, size + 1)
    ]


def get_shorter(lengths: Sequence[float]) -> bool:
    """Say whether picks get shorter with every further sample."""
    return len(lengths) > 1 and all(later < earlier for earlier, later in pairwise(lengths))
