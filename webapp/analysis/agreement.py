"""How much the samples of a question agree, from how many gave each answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

POINTS = 10  # the scale of SaySelf's confidence


@dataclass(frozen=True, slots=True)
class Certainty:
    """Three readings of one vote; which of them "certainty" means differs between papers, so each has its name.

    Attributes:
        top_share: c1 / n, the share of the most frequent answer.
        margin: (c1 - c2) / n, its lead over the second.
        entropy: the entropy of the shares over ln n: 0 where all agree, 1 where no two do; 0 for one sample.

    """

    top_share: float
    margin: float
    entropy: float


def certainty(counts: Sequence[int]) -> Certainty:
    """Return the certainty of a vote from the samples each answer got; samples without an answer are not counted.

    Raises:
        ValueError: if nothing was counted.

    """
    votes = sorted((count for count in counts if count), reverse=True)
    if not votes:
        raise ValueError("certainty needs at least one sample with an answer")
    n = sum(votes)
    shares = [count / n for count in votes]
    entropy = -sum(share * log(share) for share in shares) / log(n) if n > 1 else 0.0
    return Certainty(shares[0], shares[0] - (shares[1] if len(shares) > 1 else 0.0), abs(entropy))


def cluster_confidence(size: int, samples: int) -> int:
    """Return round(10 size / samples), 0 to 10: the confidence that SaySelf is trained to state of a cluster.

    Halves are rounded to even, as Python does.
    """
    return round(size / samples * POINTS)
