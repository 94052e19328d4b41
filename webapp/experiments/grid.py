"""From a spec and its problems to cells, in the order in which they are done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from storage.experiments import Cell
from storage.records import Problem
from webapp.experiments.spec import ExperimentSpec, SpecError
from webapp.models import canonical
from webapp.tasks.problems import stable_hash

MOST_CELLS = 200_000
PROBES = 3  # problems on which every method is tried for an estimate


@dataclass(frozen=True, slots=True)
class Size:
    """How large a grid is: the number of each of its sides, and of its cells."""

    methods: int
    models: int
    problems: int
    seeds: int

    @property
    def cells(self) -> int:
        """The number of cells."""
        return self.methods * self.models * self.problems * self.seeds


def size(spec: ExperimentSpec, problems: Sequence[Problem]) -> Size:
    """Return how large a grid would be.

    Raises:
        SpecError: when it has more cells than can be handled.

    """
    found = Size(len(spec.methods), len(spec.models), len(problems), len(spec.seeds))
    if found.cells > MOST_CELLS:
        raise SpecError(
            f"The grid has {found.methods:,} methods x {found.models:,} models x {found.problems:,} problems x "
            f"{found.seeds:,} seeds = {found.cells:,} cells; at most {MOST_CELLS:,} can be handled. "
            "Take fewer problems or seeds."
        )
    return found


def cells(experiment_id: str, spec: ExperimentSpec, problems: Sequence[Problem]) -> Iterator[Cell]:
    """Yield the cells of a grid.

    Models come first, as changing one takes long; then seeds and problems, all methods on each: whenever the
    experiment stops, what is done can be compared pairwise.
    """
    probes = probed(problems)
    sides = product(spec.models, spec.seeds, problems, enumerate(spec.methods))
    for position, (model, seed, problem, (arm, method)) in enumerate(sides):
        first = model == spec.models[0] and seed == spec.seeds[0]
        probe = first and problem.id in probes
        yield Cell(experiment_id, position, arm, method.method, canonical(model), problem, seed, probe)


def probed(problems: Sequence[Problem]) -> frozenset[str]:
    """Return the ids of the problems that an estimate is made from: a few, chosen blindly."""
    return frozenset(
        sorted((problem.id for problem in problems), key=lambda each: stable_hash("probe", each))[:PROBES]
    )
