"""What the methods of an experiment got right on the same problems, compared and drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TypeAlias

import numpy as np

from storage.experiments import Ended
from webapp.analysis.bootstrap import Interval
from webapp.analysis.nested import nested_mean
from webapp.analysis.paired import compare
from webapp.analysis.transitions import right
from webapp.charts.cost import Priced, cost
from webapp.charts.differences import Versus, differences
from webapp.charts.evidence import Evidence
from webapp.experiments.names import arm_names
from webapp.experiments.spec import ExperimentSpec

Arm: TypeAlias = tuple[int, str]  # of the spec, and the model

MOST_PAIRED = 6  # arms of which every two are compared


def evidence(spec: ExperimentSpec, ended: Sequence[Ended]) -> list[Evidence]:
    """Return what the graded cells show: accuracy against cost, and paired differences on the same problems."""
    arms: dict[Arm, list[Ended]] = defaultdict(list)
    for cell in ended:
        if right(cell.verdict) is not None:
            arms[cell.arm, cell.model].append(cell)
    names = _names(spec, arms)
    priced = [
        Priced(names[arm], float(np.mean([cell.tokens for cell in cells])), _accuracy(cells))
        for arm, cells in arms.items()
    ]
    shown = [cost([each for each in priced if each.cost > 0])] if any(each.cost > 0 for each in priced) else []
    compared = _compared(names, arms, spec.seeds[0])
    if compared:
        drawn = differences(compared)
        seeds = f"Seed {spec.seeds[0]} alone is compared. " if len(spec.seeds) > 1 else ""
        shown.append(replace(drawn, reading=seeds + drawn.reading))
    return shown


def _names(spec: ExperimentSpec, arms: Mapping[Arm, object]) -> dict[Arm, str]:
    names = arm_names(spec)
    several = len({model for _, model in arms}) > 1
    return {(arm, model): f"{names[arm]} · {model}" if several else names[arm] for arm, model in arms}


def _accuracy(cells: Sequence[Ended]) -> Interval:
    problems = {problem: i for i, problem in enumerate(dict.fromkeys(cell.problem for cell in cells))}
    values = [float(cell.verdict == "correct") for cell in cells]
    return nested_mean(values, [problems[cell.problem] for cell in cells])


def _compared(names: Mapping[Arm, str], arms: Mapping[Arm, Sequence[Ended]], seed: int) -> list[Versus]:
    """Compare every two arms on the problems that both have done with a seed, the later with the earlier."""
    found = []
    judged = {
        arm: {cell.problem: cell.verdict == "correct" for cell in cells if cell.seed == seed}
        for arm, cells in list(arms.items())[:MOST_PAIRED]
    }
    for earlier, later in combinations(judged, 2):
        both = sorted(judged[earlier].keys() & judged[later].keys())
        if both:
            a, b = ([judged[arm][problem] for problem in both] for arm in (later, earlier))
            found.append(Versus(names[later], names[earlier], compare(a, b)))
    return found
