"""What the runs of each side came to as arrays, and which runs of two sides are compared with each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from storage.records import VerdictValue
from webapp.analysis.transitions import right
from webapp.runs.selected.sides import Side, problems_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """The graded runs of a side, one a row.

    Attributes:
        problem: [N] the number of its problem among those of all sides.
        unit: [N] the number of its problem and seed among those of all sides.
        first: [N] whether the first attempt is right.
        last: [N] whether the answer is right.
        generated_tokens: [N] what it cost.
        prompt_tokens: [N] what it cost.
        calls: [N] what it cost.
        seconds: [N] what it cost, wall-clock.

    """

    problem: Ints
    unit: Ints
    first: Floats
    last: Floats
    generated_tokens: Floats
    prompt_tokens: Floats
    calls: Floats
    seconds: Floats

    @property
    def problems(self) -> int:
        """How many problems there are."""
        return len(np.unique(self.problem))

    @property
    def single(self) -> bool:
        """Whether every problem has one run."""
        return self.problems == len(self.problem)

    def by_problem(self, values: Floats) -> Floats:
        """Return [P] the mean over the runs of each problem of [N] values, by rising number of the problem."""
        _, place = np.unique(self.problem, return_inverse=True)
        means: Floats = np.bincount(place, weights=values) / np.bincount(place)
        return means

    def of(self, rows: NDArray[np.bool_]) -> Outcomes:
        """Return some of the rows, by problem and seed."""
        order = np.flatnonzero(rows)
        order = order[np.lexsort((self.unit[order], self.problem[order]))]
        return Outcomes(*(getattr(self, each.name)[order] for each in fields(self)))


class Pair(NamedTuple):
    """The runs of two sides on the problems that both have, in the same order of problems."""

    a: Outcomes
    b: Outcomes

    @property
    def problems(self) -> int:
        """How many problems both have."""
        return self.a.problems

    @property
    def single(self) -> bool:
        """Whether each side has one run of every problem."""
        return self.a.single and self.b.single


def outcomes_of(sides: Sequence[Side]) -> list[Outcomes]:
    """Return the graded runs of each side, numbered alike; an unparsed answer is wrong."""
    problems = {key: number for number, key in enumerate(problems_of(sides))}
    units: dict[tuple[str, int], int] = {}
    return [_outcomes(side, problems, units) for side in sides]


def ungraded(side: Side) -> int:
    """Return how many of its runs are not graded first and last."""
    return sum(not _graded(run.first, run.last) for run in side.runs)


def paired(a: Outcomes, b: Outcomes) -> Pair:
    """Return what is compared: the problems of both, and within a problem the seeds of both if any are shared."""
    problems = np.intersect1d(a.problem, b.problem)
    units = np.intersect1d(a.unit, b.unit)
    matched = np.unique(a.problem[np.isin(a.unit, units)])

    def kept(side: Outcomes) -> Outcomes:
        by_seed = np.isin(side.problem, matched)
        return side.of(np.isin(side.problem, problems) & (~by_seed | np.isin(side.unit, units)))

    return Pair(kept(a), kept(b))


def _outcomes(side: Side, problems: dict[str, int], units: dict[tuple[str, int], int]) -> Outcomes:
    rows = [
        (
            problems[run.problem], units.setdefault((run.problem, run.seed), len(units)),
            run.first == "correct", run.last == "correct",
            run.generated_tokens, run.prompt_tokens, run.calls, run.seconds,
        )
        for run in side.runs
        if _graded(run.first, run.last)
    ]  # fmt: skip
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(fields(Outcomes))).T
    return Outcomes(table[0].astype(np.int64), table[1].astype(np.int64), *table[2:])


def _graded(first: VerdictValue, last: VerdictValue) -> bool:
    return right(first) is not None and right(last) is not None
