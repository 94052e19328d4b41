"""Points that several judgements gave several texts (SPCT, arXiv 2504.02495)."""

from __future__ import annotations

from collections.abc import Sequence


def summed(judgements: Sequence[Sequence[int]], texts: int) -> list[int]:
    """Return the sum of the points of each text over judgements [k][n]; zeros where there is no judgement."""
    return [sum(points[i] for points in judgements) for i in range(texts)]


def most_trusted(trust: Sequence[float], count: int) -> list[int]:
    """Return which judgements to keep, in order: the `count` with the highest trust, of equal ones the earlier."""
    ranked = sorted(range(len(trust)), key=lambda i: -trust[i])
    return sorted(ranked[:count])


def in_order_of(texts: Sequence[int], points: Sequence[int]) -> list[int]:
    """Return the points by text, where `texts[place]` stood at that place when the points were given."""
    return [given for _, given in sorted(zip(texts, points, strict=True))]
