"""Ranks, and votes that weigh by rank (Borda voting of Kang et al., arXiv 2502.18581)."""

from __future__ import annotations

from collections.abc import Sequence


def ranks(scores: Sequence[float]) -> list[int]:
    """Return the rank of each of N scores, 1 for the highest to N; of equal ones the earlier ranks higher."""
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    return [rank for _, rank in sorted(zip(order, range(1, len(scores) + 1), strict=True))]


def points(ranks: Sequence[int], power: float) -> list[float]:
    """Return what each of N texts weighs, v(r) = (N - r + 1)^power: 0 counts heads, a large power the first alone."""
    return [float(len(ranks) - rank + 1) ** power for rank in ranks]
