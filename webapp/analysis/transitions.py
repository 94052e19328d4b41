"""What a correction did: the outcome before and after, for one problem and over many (SCoRe, arXiv 2409.12917)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

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
    if not graded:
        raise ValueError("correction needs at least one problem with both attempts graded")
    first, last = np.array(graded, dtype=bool).T
    return Correction(
        n=len(graded),
        first=float(first.mean()),
        last=float(last.mean()),
        fixed=float((~first & last).mean()),
        broken=float((first & ~last).mean()),
    )
