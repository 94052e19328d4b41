"""Two methods on the same problems: what one fixes and breaks of the other, with intervals and p-values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from webapp.analysis import bootstrap
from webapp.analysis.bootstrap import DRAWS, LEVEL, Interval
from webapp.analysis.mcnemar import PValues, mcnemar, score_interval


@dataclass(frozen=True, slots=True)
class Comparison:
    """What method A does against method B on the same n problems.

    Attributes:
        both: problems that both get right.
        fixes: problems that A gets right and B does not.
        breaks: problems that B gets right and A does not.
        neither: problems that neither gets right.
        difference: accuracy of A less that of B, with its paired bootstrap interval.
        score: the ends of Tango's score interval, better where few problems differ.
        p: McNemar's p-values.
        level: of both intervals.
        shares: that a problem's outcome is the share of right ones among several runs, not right or wrong.

    """

    both: int
    fixes: int
    breaks: int
    neither: int
    difference: Interval
    score: tuple[float, float]
    p: PValues
    level: float
    shares: bool = False

    @property
    def n(self) -> int:
        """How many problems."""
        return self.both + self.fixes + self.breaks + self.neither

    @property
    def discordant(self) -> float:
        """Share of the problems on which they differ."""
        return (self.fixes + self.breaks) / self.n


def compare(a: ArrayLike, b: ArrayLike, *, draws: int = DRAWS, seed: int = 0, level: float = LEVEL) -> Comparison:
    """Compare method A with B, from [n] whether each is right on the same problems in the same order.

    Raises:
        ValueError: if there is no problem, or not the same number for both.

    """
    first, second = np.asarray(a, dtype=bool), np.asarray(b, dtype=bool)
    if first.shape != second.shape or not first.size:
        raise ValueError("a paired comparison needs the same problems, at least one, for both methods")
    fixes, breaks = int((first & ~second).sum()), int((~first & second).sum())
    both = int((first & second).sum())
    return Comparison(
        both=both,
        fixes=fixes,
        breaks=breaks,
        neither=first.size - both - fixes - breaks,
        difference=difference(first, second, draws=draws, seed=seed, level=level),
        score=score_interval(fixes, breaks, first.size, level),
        p=mcnemar(fixes, breaks),
        level=level,
    )


def difference(a: ArrayLike, b: ArrayLike, *, draws: int = DRAWS, seed: int = 0, level: float = LEVEL) -> Interval:
    """Return mean(a - b) with its paired bootstrap interval, from [n] values on the same problems.

    Values are 0 or 1, or the share of right samples; for samples as independent draws see `nested_difference`.
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    return bootstrap.mean(first - second, draws=draws, seed=seed, level=level)
