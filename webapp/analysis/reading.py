"""A paired comparison in a sentence."""

from __future__ import annotations

from webapp.analysis.bootstrap import Interval
from webapp.analysis.paired import Comparison


def reading(found: Comparison, a: str = "A", b: str = "B", *, adjusted: float | None = None) -> str:
    """Say what A does against B, and whether n problems tell them apart.

    They do where the interval leaves 0 out and McNemar's mid-p, or `adjusted` where it was corrected for other
    comparisons, is below 1 - level.
    """
    p = found.p.mid if adjusted is None else adjusted
    apart = p < 1 - found.level and outside(found.difference)
    return (
        f"{a} fixes {found.fixes}, breaks {found.breaks} of {found.n}; {gap(found.difference, found.level)}; "
        f"{_verdict(found, a, b) if apart else f'not distinguishable at n={found.n}'}."
    )


def gap(difference: Interval, level: float) -> str:
    """Return a difference in points of a percent with its interval."""
    return (
        f"difference {_points(difference.estimate)} points, {100 * level:g}% CI {_points(difference.low)} to "
        f"{_points(difference.high)}"
    )


def outside(difference: Interval) -> bool:
    """Say whether an interval leaves 0 out."""
    return difference.low > 0 or difference.high < 0


def _verdict(found: Comparison, a: str, b: str) -> str:
    better, worse = (a, b) if found.fixes > found.breaks else (b, a)
    return f"{better} is better than {worse} on these problems"


def _points(share: float) -> str:
    rounded = round(100 * share, 1)
    return f"{rounded:+.1f}" if rounded else "0.0"
