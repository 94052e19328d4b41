"""Confidence and critique: how well right answers are kept and wrong ones repaired (arXiv 2412.19513).

For a question, Pa is the probability that the first answer is right, Pb that the second is after a right first one,
Pc that it is after a wrong first one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from webapp.analysis.bootstrap import DRAWS, LEVEL, Interval, of_means

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decomposition:
    """The effect of a second turn over n questions, split in two; None is undefined.

    Attributes:
        accuracy_first: Acc1, mean Pa.
        accuracy_second: Acc2 = Acc1 * confidence + (1 - Acc1) * critique.
        confidence: CL, the share of right answers that stay right.
        critique: CS, the share of wrong answers that become right.
        relative: RSS, where Acc2 stands between its bounds; 0.5 is no change. It can leave [0, 1] where the
            bounds' assumption CS <= Acc1 <= CL fails.

    """

    accuracy_first: float
    accuracy_second: float
    confidence: float | None
    critique: float | None
    relative: float | None

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and highest Acc2 if CS <= Acc1 <= CL."""
        return self.accuracy_first**2, 2 * self.accuracy_first - self.accuracy_first**2


def decompose(first: ArrayLike, kept: ArrayLike, repaired: ArrayLike) -> Decomposition:
    """Split the effect of a second turn, from [n] Pa, [n] Pb and [n] Pc."""
    pa, pb, pc = (np.asarray(p, dtype=np.float64) for p in (first, kept, repaired))
    right, wrong = float(pa.sum()), float((1 - pa).sum())
    before, after = float(pa.mean()), float((pa * pb + (1 - pa) * pc).mean())
    room = 2 * before * (1 - before)
    return Decomposition(
        accuracy_first=before,
        accuracy_second=after,
        confidence=float((pa * pb).sum()) / right if right > 0 else None,
        critique=float(((1 - pa) * pc).sum()) / wrong if wrong > 0 else None,
        relative=(after - before**2) / room if room > 0 else None,
    )


@dataclass(frozen=True, slots=True)
class Ranges:
    """CL, CS and RSS with bootstrap intervals over questions; NaN where undefined."""

    confidence: Interval
    critique: Interval
    relative: Interval


def ranges(
    first: ArrayLike, kept: ArrayLike, repaired: ArrayLike, *, draws: int = DRAWS, seed: int = 0, level: float = LEVEL
) -> Ranges:
    """Return how far CL, CS and RSS may be off, from [n] Pa, [n] Pb and [n] Pc."""
    pa, pb, pc = (np.asarray(p, dtype=np.float64) for p in (first, kept, repaired))
    rows = np.column_stack([pa, pa * pb, (1 - pa) * pc])
    confidence, critique, relative = (
        of_means(rows, function, draws=draws, seed=seed, level=level)
        for function in (
            lambda m: m[..., 1] / m[..., 0],
            lambda m: m[..., 2] / (1 - m[..., 0]),
            lambda m: (m[..., 1] + m[..., 2] - m[..., 0] ** 2) / (2 * m[..., 0] * (1 - m[..., 0])),
        )
    )
    return Ranges(confidence, critique, relative)


def from_samples(pairs: Sequence[tuple[ArrayLike, ArrayLike]]) -> tuple[Floats, Floats, Floats]:
    """Estimate [n] Pa, Pb, Pc as frequencies, from ([m] first right, [m] second right) of every question.

    As in the authors' code, Pb is 0 where no first answer was right and Pc is 0 where all were.
    """
    return _columns([_frequencies(np.asarray(a, dtype=bool), np.asarray(b, dtype=bool)) for a, b in pairs])


def from_options(questions: Sequence[tuple[ArrayLike, ArrayLike, int]]) -> tuple[Floats, Floats, Floats]:
    """Compute [n] Pa, Pb, Pc from option probabilities, from ([k] p1, [k, k] p2, index of the right option).

    `p2[a]` is the distribution of the second answer after option a was shown as the first.
    """
    return _columns([_expected(np.asarray(p1, float), np.asarray(p2, float), g) for p1, p2, g in questions])


def _frequencies(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[float, float, float]:
    return float(first.mean()), _mean(second[first]), _mean(second[~first])


def _expected(p1: Floats, p2: Floats, right: int) -> tuple[float, float, float]:
    wrong = np.arange(len(p1)) != right
    rest = float(p1[wrong].sum())
    return float(p1[right]), float(p2[right, right]), float(p1[wrong] @ p2[wrong, right]) / rest if rest > 0 else 0.0


def _mean(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if values.size else 0.0


def _columns(rows: Sequence[tuple[float, float, float]]) -> tuple[Floats, Floats, Floats]:
    pa, pb, pc = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return pa, pb, pc
