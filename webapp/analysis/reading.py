"""A paired comparison in a sentence."""

from __future__ import annotations

from webapp.analysis.bootstrap import Interval
from webapp.analysis.paired import Comparison


def reading(found: Comparison, a: str = "A", b: str = "B", *, adjusted: float | None = None) -> str:
    """Say what A does against B, and whether n problems tell them apart.

    `adjusted` is the p-value where it was corrected for other comparisons.
    """
    told = apart(found, found.p.mid if adjusted is None else adjusted)
    return (
        f"{a} fixes {found.fixes}, breaks {found.breaks} of {found.n}; {gap(found.difference, found.level)}; "
        f"{_verdict(found, a, b) if told else f'not distinguishable at n={found.n}'}."
    )


def apart(found: Comparison, p: float) -> bool:
    """Say whether the interval leaves 0 out and p (McNemar's mid-p, or what Holm makes of it) is below 1 - level.

    Where outcomes are shares of several runs, most problems may favour one method and the mean the other: then
    neither is better.
    """
    ahead = found.difference.low > 0 and found.fixes > found.breaks
    behind = found.difference.high < 0 and found.fixes < found.breaks
    return p < 1 - found.level and (ahead or behind)


def gap(difference: Interval, level: float) -> str:
    """Return a difference in points of a percent with its interval."""
    return (
        f"difference {_points(difference.estimate)} points, {100 * level:g}% CI {_points(difference.low)} to "
        f"{_points(difference.high)}"
    )


def _verdict(found: Comparison, a: str, b: str) -> str:
    better, worse = (a, b) if found.fixes > found.breaks else (b, a)
    return f"{better} is better than {worse} on these problems"


def _points(share: float) -> str:
    rounded = round(100 * share, 1)
    return f"{rounded:+.1f}" if rounded else "0.0"
