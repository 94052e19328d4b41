"""Stored runs as the sides of a comparison: what has one method, its settings and one model, problem by problem."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from storage.records import ModelRecord
from storage.repositories.selected import Kind, RunFacts
from webapp.methods.registry import methods
from webapp.runs.selected.naming import named
from webapp.runs.titles import title_of


@dataclass(frozen=True, slots=True)
class Side:
    """The finished runs of one method with its settings and one model, at most one for a problem and seed.

    Attributes:
        name: tells it from the other sides of the comparison.
        kind: its method, the version of the method's prompts and numbers, its model and settings, as stored.
        title: of the method.
        runs: in the order of the selection.
        unfinished: runs that failed, were stopped, or are not done.
        branched: runs in which a person forced a token; they are not the method's doing.
        repeated: runs of a problem and seed that a later one stands for.

    """

    name: str
    kind: Kind
    title: str
    params: Mapping[str, Any]
    model: ModelRecord
    runs: tuple[RunFacts, ...]
    unfinished: int = 0
    branched: int = 0
    repeated: int = 0

    @property
    def oracle(self) -> int:
        """How many of its runs looked at the reference."""
        return sum(run.oracle for run in self.runs)


@dataclass(slots=True)
class _Pile:
    """Runs of one side while they are sorted."""

    written: set[str] = field(default_factory=set)
    kept: dict[tuple[str, int], RunFacts] = field(default_factory=dict)
    unfinished: int = 0
    branched: int = 0
    repeated: int = 0

    def take(self, run: RunFacts) -> None:
        self.written.add(run.params)
        if run.branched:
            self.branched += 1
        elif run.status != "finished":
            self.unfinished += 1
        else:
            self.repeated += (run.problem, run.seed) in self.kept
            self.kept[run.problem, run.seed] = run


def sides_of(runs: Iterable[RunFacts], models: Mapping[str, ModelRecord]) -> list[Side]:
    """Sort runs into sides, in the order in which these first appear; of equal problem and seed the last run counts.

    Prompts that were changed since, another revision, and another number format make another side.
    """
    piles: dict[tuple[str, str, str, str], _Pile] = {}
    for run in runs:
        piles.setdefault((run.method, run.version, run.model, _canonical(run.method, run.params)), _Pile()).take(run)
    titles = [title_of(method) for method, *_ in piles]
    settings: list[dict[str, Any]] = [json.loads(params) for *_, params in piles]
    used = [models[model] for _, _, model, _ in piles]
    names = named(titles, list(zip(settings, used, [version for _, version, *_ in piles], strict=True)))
    return [
        Side(
            name, Kind(method, version, model, frozenset(pile.written)), title, params, models[model],
            tuple(pile.kept.values()), pile.unfinished, pile.branched, pile.repeated,
        )
        for ((method, version, model, _), pile), name, title, params in zip(
            piles.items(), names, titles, settings, strict=True
        )
    ]  # fmt: skip


@lru_cache(1024)
def _canonical(method: str, params: str) -> str:
    """Return settings written down in one way, whatever way they are stored in.

    A setting that did not exist yet when they were stored has its default: it was added so that nothing changed.
    """
    spec = methods().get(method)
    defaults = {} if spec is None else spec.params().model_dump(mode="json")
    return json.dumps(defaults | json.loads(params), sort_keys=True)


def problems_of(sides: Sequence[Side]) -> list[str]:
    """Return the keys of the problems of all sides, in the order in which they first appear."""
    return list(dict.fromkeys(run.problem for side in sides for run in side.runs))
