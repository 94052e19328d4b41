"""The first drafts of a side with their token traces, for what these say of other temperatures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from storage.trace import TokenTrace
from webapp.analysis.reweighting import Attempt
from webapp.methods.self_consistency import temperatures
from webapp.runs.selected.sides import Side
from webapp.runs.selected.texts import Texts

MOST_TRACES = 4_000  # texts whose traces are opened
CUT = "Read were the first drafts of {} of {} problems, drawn at random (seed 0)."


class Attempts(NamedTuple):
    """By the number of its problem the attempts that were read, the temperatures that are asked for, what is said."""

    found: Mapping[int, Sequence[Attempt]] = {}
    grid: Sequence[float] = ()
    told: str = ""


def grid_of(side: Side) -> tuple[float, ...]:
    """Return the further temperatures whose columns a side's samples kept."""
    asked = side.params.get("other_temperatures")
    return temperatures(asked) if isinstance(asked, str) else ()


def traced(texts: Texts) -> dict[str, int]:
    """Return the places of the first drafts whose traces are opened, by their ids: of whole problems, by seed 0."""
    drafts = np.flatnonzero(texts.draft)
    problems = np.unique(texts.problem[drafts])
    if len(drafts) > MOST_TRACES:
        count = max(1, MOST_TRACES * len(problems) // len(drafts))
        problems = np.random.default_rng(0).choice(problems, count, replace=False)
    kept = drafts[np.isin(texts.problem[drafts], problems)]
    return {texts.ids[at]: at for at in kept.tolist()}


def attempts_of(
    texts: Texts, places: Mapping[str, int], drawn_at: Mapping[str, float], traces: Mapping[str, TokenTrace],
    grid: Sequence[float],
) -> Attempts:  # fmt: skip
    """Return the attempts at each problem, without texts that have no trace or do not say how they were drawn."""
    found: defaultdict[int, list[Attempt]] = defaultdict(list)
    for key, at in places.items():
        if key in traces and key in drawn_at:
            found[int(texts.problem[at])].append(Attempt(traces[key], drawn_at[key], bool(texts.right[at])))
    count, read = len(np.unique(texts.problem[texts.draft])), len({int(texts.problem[at]) for at in places.values()})
    return Attempts(found, grid, CUT.format(read, count) if read < count else "")
