"""The selected runs, problem by problem."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence

from sqlalchemy.orm import Session as OrmSession

from storage.database import Database
from storage.repositories import generations, runs, scores
from storage.repositories import selected as store
from storage.repositories.selected import RunFacts, Wanted
from webapp.export.training.judging import judging_of
from webapp.export.training.material import Case, Told
from webapp.export.training.settings import TrainingSettings


class NothingSelected(Exception):
    """A selection without a finished run, as a sentence."""


async def selected_runs(database: Database, wanted: Wanted) -> list[RunFacts]:
    """Return the finished runs of a selection in its order.

    Raises:
        NothingSelected: where there is none.
        DatabaseError: with a sentence.

    """
    found = await database.read(lambda s: store.runs(s, wanted))
    finished = [run for run in found if run.status == "finished"]
    if not finished:
        raise NothingSelected("No run of these is finished, so there is nothing to export.")
    return finished


async def cases(database: Database, found: Sequence[RunFacts], settings: TrainingSettings) -> AsyncIterator[Case]:
    """Yield the runs of one problem after another, in the order in which the problems first appear."""
    piles: defaultdict[str, list[str]] = defaultdict(list)
    for run in found:
        piles[run.problem].append(run.id)
    for ids in piles.values():
        case = await database.read(lambda s, ids=ids: _case(s, ids, settings))  # type: ignore[misc]
        if case is not None:
            yield case


def _case(s: OrmSession, ids: Sequence[str], settings: TrainingSettings) -> Case | None:
    told = tuple(each for id in ids if (each := _told(s, id)) is not None)
    if not told:
        return None
    judging = judging_of(s, ids)
    return Case(
        told[0].run.problem,
        told,
        judging.texts,
        tuple(judging.preferred),
        people_first=settings.people_first,
        unparsed_is_wrong=settings.unparsed_is_wrong,
    )


def _told(s: OrmSession, run_id: str) -> Told | None:
    run = runs.get(s, run_id)
    if run is None:
        return None
    texts = [text for text in generations.of_run(s, run_id) if text.status == "finished"]
    return Told(run, tuple(texts), tuple(scores.of_run(s, run_id)))
