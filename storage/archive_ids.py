"""Ids of an imported session: kept where they are free, made anew where the database has them already.

Where one of a kind is taken, all of that kind are made anew: ids sort by time, and lists go by them in the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm import Session as OrmSession

from storage import tables
from storage.archive_annotations import Annotated
from storage.archive_file import Archive
from storage.ids import new_id
from storage.records import BranchPoint, Generation, Run, Score
from storage.repositories.shared import in_pieces

Renamed: TypeAlias = Mapping[str, str]  # the id in the file -> the id in the database


@dataclass(frozen=True, slots=True)
class _Ids:
    sessions: Renamed
    launches: Renamed
    runs: Renamed
    generations: Renamed
    scores: Renamed
    queues: Renamed
    items: Renamed
    annotations: Renamed
    adjudications: Renamed


def with_free_ids(s: OrmSession, archive: Archive) -> Archive:
    """Return the archive, in its order, under ids that the database does not have.

    References within it follow; one to something outside stays as it is.
    """
    said = archive.annotated
    ids = _Ids(
        sessions=_renamed(s, tables.Session.id, [archive.session.id]),
        launches=_renamed(s, tables.Launch.id, {run.launch_id for run in archive.runs}),
        runs=_renamed(s, tables.Run.id, [run.id for run in archive.runs]),
        generations=_renamed(s, tables.Generation.id, [generation.id for generation in archive.generations]),
        scores=_renamed(s, tables.Score.id, [score.id for score in archive.scores]),
        queues=_renamed(s, tables.Queue.id, [queue.id for queue in said.queues]),
        items=_renamed(s, tables.QueueItem.id, [item.id for item in said.items]),
        annotations=_renamed(s, tables.Annotation.id, [each.id for each in said.annotations]),
        adjudications=_renamed(s, tables.Adjudication.id, [each.id for each in said.adjudications]),
    )
    return Archive(
        replace(archive.session, id=ids.sessions[archive.session.id]),
        [_run(run, ids) for run in archive.runs],
        [_generation(generation, ids) for generation in archive.generations],
        [_score(score, ids) for score in archive.scores],
        _annotated(said, ids),
    )


def _renamed(s: OrmSession, column: InstrumentedAttribute[str], ids: Iterable[str]) -> Renamed:
    wanted = sorted(ids)
    taken = any(s.scalar(select(column).where(column.in_(piece)).limit(1)) for piece in in_pieces(wanted))
    return {each: new_id() if taken else each for each in wanted}


def _run(run: Run, ids: _Ids) -> Run:
    branch = run.branch_of
    return replace(
        run,
        id=ids.runs[run.id],
        session_id=ids.sessions[run.session_id],
        launch_id=ids.launches[run.launch_id],
        input_run=_referred(run.input_run, ids.runs),
        branch_of=branch and BranchPoint(
            ids.generations.get(branch.generation_id, branch.generation_id), branch.token_index, branch.token_id
        ),
        outcome=replace(
            run.outcome, chosen_generation=_referred(run.outcome.chosen_generation, ids.generations)
        ),
    )  # fmt: skip


def _generation(generation: Generation, ids: _Ids) -> Generation:
    return generation.with_(
        id=ids.generations[generation.id],
        run_id=ids.runs[generation.run_id],
        parents=tuple(ids.generations.get(parent, parent) for parent in generation.parents),
        copied_from=_referred(generation.copied_from, ids.generations),
    )


def _score(score: Score, ids: _Ids) -> Score:
    about = _referred(score.generation_id, ids.generations)
    return replace(score, id=ids.scores[score.id], run_id=ids.runs[score.run_id], generation_id=about)


def _annotated(said: Annotated, ids: _Ids) -> Annotated:
    return Annotated(
        [
            replace(
                queue,
                id=ids.queues[queue.id],
                wanted=replace(queue.wanted, sessions=tuple(ids.sessions.get(x, x) for x in queue.wanted.sessions)),
            )
            for queue in said.queues
        ],
        [
            replace(
                item, id=ids.items[item.id], queue_id=ids.queues[item.queue_id], run_id=ids.runs[item.run_id],
                texts=tuple(ids.generations[text] for text in item.texts),
            )
            for item in said.items
        ],
        [replace(each, item_id=ids.items[each.item_id]) for each in said.assignments],
        [
            replace(each, id=ids.annotations[each.id], item_id=ids.items[each.item_id])
            for each in said.annotations
        ],
        [
            replace(each, id=ids.adjudications[each.id], item_id=ids.items[each.item_id])
            for each in said.adjudications
        ],
    )  # fmt: skip


def _referred(target: str | None, renamed: Renamed) -> str | None:
    return None if target is None else renamed.get(target, target)
