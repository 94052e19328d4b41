"""A comparison problem by problem: the runs of all sides on one problem with one seed, and which of them differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from storage.repositories.selected import RunFacts
from webapp.analysis.transitions import Transition, right, transition
from webapp.runs.selected.sides import Side


class Row(NamedTuple):
    """A problem's key, a seed, and the run of each side, None where it has none."""

    problem: str
    seed: int
    runs: tuple[RunFacts | None, ...]

    @property
    def differs(self) -> bool:
        """Whether of its graded runs one ended right and another wrong."""
        return len({right(run.last) for run in self.runs if run and run.last != "ungraded"}) > 1


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which rows are wanted: those where sides differ, those in which a side took a step; all without either."""

    differ: bool = False
    side: int | None = None
    step: Transition | None = None

    def takes(self, row: Row) -> bool:
        """Say whether a row is wanted."""
        if self.differ and not row.differs:
            return False
        if self.side is None:
            return True
        run = row.runs[self.side] if self.side < len(row.runs) else None
        return run is not None and (self.step is None or transition(run.first, run.last) == self.step)


def rows_of(sides: Sequence[Side]) -> list[Row]:
    """Return a row for every problem and seed, in the order in which these first appear."""
    found: dict[tuple[str, int], list[RunFacts | None]] = {}
    for number, side in enumerate(sides):
        for run in side.runs:
            found.setdefault((run.problem, run.seed), [None] * len(sides))[number] = run
    return [Row(problem, seed, tuple(runs)) for (problem, seed), runs in found.items()]
