"""What a correction did: the outcome before and after, for one problem and over many (SCoRe, arXiv 2409.12917).

The shares of all problems are SCoRe's; the rates among those that were wrong, or right, are what CorrectBench
(arXiv 2510.16062) calls correction and misjudge rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from storage.records import VerdictValue

Transition: TypeAlias = Literal["right->right", "right->wrong", "wrong->right", "wrong->wrong"]

_NAMES: dict[tuple[bool, bool], Transition] = {
    (True, True): "right->right",
    (True, False): "right->wrong",
    (False, True): "wrong->right",
    (False, False): "wrong->wrong",
}


@dataclass(frozen=True, slots=True)
class Correction:
    """SCoRe's metrics over n problems; every share is of all n, so `delta` = `fixed` - `broken` (up to rounding).

    Attributes:
        n: problems with two judged attempts.
        first: Acc@t1, the share whose first attempt is right.
        last: Acc@t2, the share whose last attempt is right.
        fixed: share that went from wrong to right.
        broken: share that went from right to wrong.

    """

    n: int
    first: float
    last: float
    fixed: float
    broken: float

    @property
    def delta(self) -> float:
        """Acc@t2 - Acc@t1."""
        return self.last - self.first

    @property
    def correction_rate(self) -> float | None:
        """Share of the wrong first attempts that became right; None where none was wrong."""
        wrong = self.n - self.count(self.first)
        return self.count(self.fixed) / wrong if wrong else None

    @property
    def misjudge_rate(self) -> float | None:
        """Share of the right first attempts that became wrong; None where none was right."""
        right = self.count(self.first)
        return self.count(self.broken) / right if right else None

    @property
    def counts(self) -> dict[Transition, int]:
        """How many problems took each step."""
        first, fixed, broken = (self.count(share) for share in (self.first, self.fixed, self.broken))
        return {
            "right->right": first - broken,
            "right->wrong": broken,
            "wrong->right": fixed,
            "wrong->wrong": self.n - first - fixed,
        }

    def count(self, share: float) -> int:
        """Return how many problems a share of all is."""
        return round(share * self.n)


def right(verdict: VerdictValue) -> bool | None:
    """Say whether a verdict is right; unparsed counts as wrong, ungraded is None."""
    return None if verdict == "ungraded" else verdict == "correct"


def transition(first: VerdictValue, last: VerdictValue) -> Transition | None:
    """Name the step from one verdict to another; None where either is ungraded."""
    before, after = right(first), right(last)
    return None if before is None or after is None else _NAMES[before, after]


def correction(pairs: Sequence[tuple[VerdictValue, VerdictValue]]) -> Correction:
    """Measure what correction did over (first, last) verdicts, one pair a problem; ungraded pairs are left out.

    Raises:
        ValueError: if no pair was graded.

    """
    outcomes = [(right(a), right(b)) for a, b in pairs]
    graded = [(a, b) for a, b in outcomes if a is not None and b is not None]
    return measure([a for a, _ in graded], [b for _, b in graded])


def measure(first: ArrayLike, last: ArrayLike) -> Correction:
    """Measure what correction did, from [n] whether the first attempt is right and [n] whether the last is.

    Raises:
        ValueError: if there is no problem.

    """
    before, after = np.asarray(first, dtype=bool), np.asarray(last, dtype=bool)
    if not before.size:
        raise ValueError("correction needs at least one problem with both attempts graded")
    return Correction(
        n=len(before),
        first=float(before.mean()),
        last=float(after.mean()),
        fixed=float((~before & after).mean()),
        broken=float((before & ~after).mean()),
    )
