"""Reading a selection of stored runs for a comparison."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session as OrmSession

from storage.database import Database
from storage.records import ModelRecord, Problem
from storage.repositories import selected as store
from storage.repositories.generations import traces
from storage.repositories.selected import Answers, RunFacts, Wanted
from webapp.runs.access import Thing, may
from webapp.runs.asking import Asking
from webapp.runs.request import BadRequest
from webapp.runs.selected.drawn import Attempts, attempts_of, grid_of, traced
from webapp.runs.selected.outcomes import Outcomes, outcomes_of
from webapp.runs.selected.sides import Side, problems_of, sides_of
from webapp.runs.selected.texts import Texts, texts_of

__all__ = ["Comparisons", "Selected", "Wanted"]


MOST_SIDES = 12  # 66 pairs: more can be read by nobody


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """Stored runs as the sides of a comparison.

    Attributes:
        wanted: what was asked for.
        names: of the sessions or the experiment.
        sides: those with the most finished runs, in the order in which they first appear.
        outcomes: the graded runs of each side.
        dropped: sides beyond `MOST_SIDES`.
        waiting: cells of the experiment that are not done.

    """

    wanted: Wanted
    names: tuple[str, ...]
    sides: tuple[Side, ...]
    outcomes: tuple[Outcomes, ...]
    dropped: int = 0
    waiting: int = 0

    @property
    def problems(self) -> list[str]:
        """The keys of the problems, in the order of their numbers."""
        return problems_of(self.sides)


class Comparisons(Asking):
    """Reads what one person's comparisons are about; every method raises BadRequest with a sentence where it cannot.

    What that person may not read is as if it were not there.
    """

    def __init__(self, database: Database, person: str) -> None:
        super().__init__(database)
        self._person = person

    async def select(self, wanted: Wanted) -> Selected:
        """Return the sides of a selection.

        Raises:
            BadRequest: when it names nothing that is here, or no run of it is finished.

        """
        if not wanted:
            raise BadRequest("Name what to compare: runs, sessions or an experiment.")

        def read(s: OrmSession) -> tuple[list[RunFacts], Mapping[str, ModelRecord], list[str], int]:
            if not may_compare(s, wanted, self._person):
                return [], {}, [], 0
            runs = store.runs(s, wanted)
            models = store.used(s, list({run.model for run in runs}))
            waiting = store.unfinished_cells(s, wanted.experiment) if wanted.experiment else 0
            return runs, models, store.names(s, wanted), waiting

        runs, models, names, waiting = await self._read(read)
        _check(wanted, runs, names)
        return await asyncio.to_thread(_selected, wanted, runs, models, names, waiting)

    async def texts(self, selected: Selected, side: Side) -> Texts:
        """Return the graded texts of a side."""

        def read(s: OrmSession) -> Texts:
            found = store.texts(s, selected.wanted, side.kind)
            return texts_of(side, found, store.scores(s, selected.wanted, side.kind))

        return await self._read(read)

    async def drawn(self, side: Side, texts: Texts) -> Attempts:
        """Return the first drafts of a side with their traces, where it kept a grid of other temperatures."""
        grid = grid_of(side)
        wanted = traced(texts) if grid else {}

        def read(s: OrmSession) -> Attempts:
            return attempts_of(texts, wanted, store.temperatures(s, list(wanted)), traces(s, list(wanted)), grid)

        return await self._read(read) if grid else Attempts()

    async def asked(self, keys: Sequence[str]) -> dict[str, Problem]:
        """Return problems by their keys."""
        return await self._read(lambda s: store.asked(s, keys))

    async def answers(self, ids: Sequence[str]) -> dict[str, Answers]:
        """Return what runs answered, by their ids."""
        return await self._read(lambda s: store.answers(s, ids))


def may_compare(s: OrmSession, wanted: Wanted, person: str) -> bool:
    """Say whether a person may read all that a selection names."""
    named: list[tuple[Thing, str]] = [("run", key) for key in wanted.runs]
    named += [("session", key) for key in wanted.sessions]
    named += [("experiment", wanted.experiment)] if wanted.experiment is not None else []
    return all(may(s, thing, key, person) for thing, key in named)


def _check(wanted: Wanted, runs: Sequence[RunFacts], names: Sequence[str]) -> None:
    if wanted.experiment is not None and not names:
        raise BadRequest("There is no such experiment here; it may have been deleted.")
    if len(names) < len(wanted.sessions):
        raise BadRequest("One of these sessions cannot be found here; it may have been deleted.")
    if wanted.runs and len(runs) < len(wanted.runs):
        raise BadRequest("One of these runs cannot be found here; it may have been deleted.")
    if not any(run.status == "finished" for run in runs):
        raise BadRequest("No run of these is finished yet, so there is nothing to compare.")


def _selected(
    wanted: Wanted,
    runs: Sequence[RunFacts],
    models: Mapping[str, ModelRecord],
    names: Sequence[str],
    waiting: int,
) -> Selected:
    sides = sides_of(runs, models)
    most = sorted(range(len(sides)), key=lambda at: -len(sides[at].runs))[:MOST_SIDES]
    kept = tuple(sides[at] for at in sorted(most))
    return Selected(wanted, tuple(names), kept, tuple(outcomes_of(kept)), len(sides) - len(kept), waiting)
