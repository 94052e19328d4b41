"""What a run's stored scores show, as charts and tables: builders are registered by the name of a score.

A chart for a new score is one module in this package with one decorated function:

    @evidence_for("spread")
    def spread(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence | None:
        ...

It is called once for every stored score of that name. What a score's `details` hold may come from an imported file,
so read them through a pydantic model; where they do not fit it, the page says so.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

import plotly.graph_objects as go
from pydantic import ValidationError

from storage.records import Generation, Run, Score

PACKAGE = "webapp.charts"
SHOWN_AT_MOST = 24
UNREADABLE = "What is stored of this score is not in the form that its chart expects, so it is not drawn."

Cell: TypeAlias = str | float | None
Kind: TypeAlias = Literal["text", "number", "bar", "sample", "verdict"]


@dataclass(frozen=True, slots=True)
class Column:
    """The head of a column, how its cells are drawn, and what its values are.

    A "bar" is a number from 0 to `whole` (0: the largest in the column), a "sample" the number of a branch (from 0,
    shown from 1, a link to it).
    """

    head: str
    kind: Kind = "text"
    about: str = ""
    whole: float = 0.0


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with a cell a column; `chosen` is the row that stands for the run's answer."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    chosen: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something to look at: a title, a sentence that says how to read it, and a figure or a table or both."""

    title: str
    reading: str
    figure: go.Figure | None = None
    table: Table | None = None

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON-ready data; the figure as plotly.js takes it."""
        figure = None if self.figure is None else json.loads(self.figure.to_json())
        table = None if self.table is None else asdict(self.table)
        return {"title": self.title, "reading": self.reading, "figure": figure, "table": table}


ScoreBuilder: TypeAlias = Callable[[Score, Sequence[Generation], Sequence[Score]], Evidence | None]
RunBuilder: TypeAlias = Callable[[Run, Sequence[Generation], Sequence[Score]], Evidence | None]
_OF_SCORES: dict[str, ScoreBuilder] = {}
_OF_RUNS: dict[str, RunBuilder] = {}


def evidence_for(*names: str) -> Callable[[ScoreBuilder], ScoreBuilder]:
    """Register what is shown for every score of these names.

    Raises:
        ValueError: if another module shows one of them already.

    """

    def register(builder: ScoreBuilder) -> ScoreBuilder:
        for name in names:
            if name in _OF_SCORES and _OF_SCORES[name].__module__ != builder.__module__:
                raise ValueError(f"two charts are for the score {name}")
            _OF_SCORES[name] = builder
        return builder

    return register


def evidence_for_runs(builder: RunBuilder) -> RunBuilder:
    """Register what is shown for every run, whatever its scores are called."""
    _OF_RUNS[f"{builder.__module__}.{builder.__name__}"] = builder
    return builder


def charted() -> frozenset[str]:
    """Return the names of the scores that have a chart of their own."""
    _discover()
    return frozenset(_OF_SCORES)


def evidence_of(run: Run, generations: Sequence[Generation], scores: Sequence[Score]) -> list[Evidence]:
    """Return what there is to see of a stored run, what holds for all runs first, then the scores as they came."""
    _discover()
    of_run = [builder(run, generations, scores) for builder in _OF_RUNS.values()]
    of_scores = [_of_score(score, generations, scores) for score in scores if score.name in _OF_SCORES]
    return [each for each in [*of_run, *of_scores] if each is not None][:SHOWN_AT_MOST]


def _of_score(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence | None:
    try:
        return _OF_SCORES[score.name](score, generations, scores)
    except ValidationError:
        return Evidence(score.name.replace("_", " ").capitalize(), UNREADABLE)


@cache
def _discover() -> None:
    """Import every module of this package once: each registers its own."""
    for module in pkgutil.iter_modules(importlib.import_module(PACKAGE).__path__):
        importlib.import_module(f"{PACKAGE}.{module.name}")
