"""Accuracy of a side and the paired comparison of two, whether a problem has one run or several."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from webapp.analysis import bootstrap
from webapp.analysis.bootstrap import LEVEL, Interval
from webapp.analysis.mcnemar import mcnemar, score_interval
from webapp.analysis.nested import Samples, nested_difference, nested_mean
from webapp.analysis.paired import Comparison, compare
from webapp.runs.selected.outcomes import Floats, Ints, Outcomes, Pair

SEVERAL = (
    "Where a problem has several runs of a side (seeds), its outcome is the share of right ones: fixes and breaks "
    "count the problems where that is higher or lower, p is the sign test of these counts, and intervals draw "
    "problems and, within them, runs. What difference these could detect is not known."
)


def accuracy(values: Floats, outcomes: Outcomes) -> Interval | None:
    """Return the mean over problems of [N] values of runs, with its interval; None without a run."""
    if not len(values):
        return None
    if outcomes.single:
        return bootstrap.mean(values)
    return nested_mean(values, _numbered(outcomes.problem))


def compared(pair: Pair) -> Comparison:
    """Compare the answers of side A with those of side B on the problems of both.

    Raises:
        ValueError: if they share no problem.

    """
    if pair.single:
        return compare(pair.a.last, pair.b.last)
    a, b = (Samples(side.last, _numbered(side.problem)) for side in pair)
    better, worse = int((a.means > b.means).sum()), int((a.means < b.means).sum())
    equal = a.means == b.means
    return Comparison(
        both=int((equal & (a.means > 0)).sum()),
        fixes=better,
        breaks=worse,
        neither=int((equal & (a.means == 0)).sum()),
        difference=nested_difference(a, b),
        score=score_interval(better, worse, len(a.means)),
        p=mcnemar(better, worse),
        level=LEVEL,
        shares=True,
    )


def _numbered(problems: Ints) -> NDArray[np.int64]:
    """Return [N] the numbers of problems without gaps."""
    return np.unique(problems, return_inverse=True)[1].astype(np.int64)
