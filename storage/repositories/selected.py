"""What a comparison reads of many stored runs: columns of runs, graded texts and scores; no text and no trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Executable, Select, Text, cast, func, or_, select
from sqlalchemy.orm import Session

from storage import tables
from storage.records import BY_HAND, ModelRecord, Problem, VerdictValue
from storage.repositories import models, problems
from storage.repositories.shared import in_pieces

SIGNALS = (
    "mean_entropy", "max_entropy", "last_entropy", "mean_logprob", "sum_logprob", "self_certainty", "tokens",
)  # fmt: skip

PIECE = 2_000  # rows

_Run, _Text, _Score, _Cell = tables.Run, tables.Generation, tables.Score, tables.Cell


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs: these, all of these sessions, or those that the cells of an experiment became; one of the three."""

    runs: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    experiment: str | None = None

    def __bool__(self) -> bool:
        return bool(self.runs or self.sessions or self.experiment)


class RunFacts(NamedTuple):
    """Columns of a run; `params` and `votes` are JSON as it is stored, `branched` that a person had a hand in it."""

    id: str
    problem: str
    model: str
    method: str
    version: str
    params: str
    seed: int
    status: str
    oracle: bool
    branched: bool
    first: VerdictValue
    last: VerdictValue
    votes: str
    generated_tokens: int
    prompt_tokens: int
    calls: int
    seconds: float


class Kind(NamedTuple):
    """What the runs of one side of a comparison share, as it is stored; `params` in all ways they were written."""

    method: str
    version: str
    model: str
    params: frozenset[str]


@dataclass(frozen=True, slots=True)
class TextColumns:
    """Columns of finished, graded texts, a value a text; `signals` hold those of `SIGNALS`, null where unknown."""

    id: Sequence[str] = ()
    run: Sequence[str] = ()
    role: Sequence[str] = ()
    branch: Sequence[int] = ()
    round: Sequence[int] = ()
    verdict: Sequence[VerdictValue] = ()
    signals: tuple[Sequence[float | None], ...] = ((),) * len(SIGNALS)


class ScoreColumns(NamedTuple):
    """Columns of stored numbers about texts, a value a score."""

    text: Sequence[str] = ()
    name: Sequence[str] = ()
    value: Sequence[float] = ()


class Answers(NamedTuple):
    """What a run answered first and last."""

    first: str | None
    last: str | None


def runs(s: Session, wanted: Wanted) -> list[RunFacts]:
    """Return the runs that are not deleted, in the order of the selection: as listed, launched, or in the grid."""
    row = _Run
    columns: tuple[Any, ...] = (
        row.id, row.problem_key, row.model_key, row.method, row.method_version, cast(row.params, Text), row.seed,
        row.status, row.oracle, or_(row.branch_generation.is_not(None), row.method == BY_HAND), row.first_verdict,
        row.verdict,
        cast(row.votes, Text), row.generated_tokens, row.prompt_tokens, row.calls, row.seconds,
    )  # fmt: skip
    query = _selected(select(*columns), wanted)
    if wanted.experiment is not None:
        query = query.order_by(_Cell.position)
    else:
        query = query.order_by(row.created_at, row.launch_id, row.column, row.id)
    found = [RunFacts(*each) for each in s.execute(query)]
    place = {key: at for at, key in enumerate(wanted.runs)}
    return sorted(found, key=lambda each: place[each.id]) if place else found


def texts(s: Session, wanted: Wanted, kind: Kind) -> TextColumns:
    """Return the finished texts of runs of a kind that have a verdict, run by run in order."""
    row = _Text
    columns: tuple[Any, ...] = (row.id, row.run_id, row.role, row.branch, row.round, row.verdict)
    query = select(*columns, *(getattr(row, name) for name in SIGNALS))
    query = query.where(row.run_id.in_(_ids(wanted, kind)), row.status == "finished", row.verdict != "ungraded")
    found = _columns(s, query.order_by(row.run_id, row.ordinal), len(columns) + len(SIGNALS))
    key, run, role, branch, number, verdict, *signals = found
    return TextColumns(key, run, role, branch, number, verdict, tuple(signals))


def scores(s: Session, wanted: Wanted, kind: Kind) -> ScoreColumns:
    """Return the scores of texts of such runs that have a value, in the order they came."""
    row = _Score
    query = select(row.generation_id, row.name, row.value).where(row.run_id.in_(_ids(wanted, kind)))
    query = query.where(row.generation_id.is_not(None), row.value.is_not(None)).order_by(row.created_at, row.id)
    return ScoreColumns(*_columns(s, query, 3))


def temperatures(s: Session, ids: Sequence[str]) -> dict[str, float]:
    """Return the temperature that texts were drawn at, by their ids; those that do not say are left out."""
    query = select(_Text.id, _Text.sampling)
    rows = (row for piece in in_pieces(ids) for row in s.execute(query.where(_Text.id.in_(piece))))
    return {key: float(sampling["temperature"]) for key, sampling in rows if "temperature" in sampling}


def answers(s: Session, ids: Sequence[str]) -> dict[str, Answers]:
    """Return what runs answered, by their ids."""
    query = select(_Run.id, _Run.first_answer, _Run.answer)
    pieces = (s.execute(query.where(_Run.id.in_(piece))) for piece in in_pieces(ids))
    return {key: Answers(first, last) for rows in pieces for key, first, last in rows}


def asked(s: Session, keys: Sequence[str]) -> dict[str, Problem]:
    """Return problems by the keys of their content."""
    row = tables.Problem
    pieces = (s.scalars(select(row).where(row.key.in_(piece))) for piece in in_pieces(keys))
    return {each.key: problems.record(each) for rows in pieces for each in rows}


def used(s: Session, keys: Sequence[str]) -> dict[str, ModelRecord]:
    """Return models by the keys of their content."""
    row = tables.Model
    pieces = (s.scalars(select(row).where(row.key.in_(piece))) for piece in in_pieces(keys))
    return {each.key: models.record(each) for rows in pieces for each in rows}


def names(s: Session, wanted: Wanted) -> list[str]:
    """Return what the sessions or the experiment are called, without deleted ones; nothing for single runs."""
    if wanted.experiment is not None:
        experiment = tables.Experiment
        query = select(experiment.name).where(experiment.id == wanted.experiment, experiment.deleted_at.is_(None))
        return list(s.scalars(query))
    session = tables.Session
    rows = s.execute(
        select(session.id, session.name).where(session.id.in_(wanted.sessions), session.deleted_at.is_(None))
    )
    called = {key: name for key, name in rows}
    return [called[key] for key in wanted.sessions if key in called]


def unfinished_cells(s: Session, experiment_id: str) -> int:
    """Return how many cells of an experiment are not done."""
    query = select(func.count()).where(_Cell.experiment_id == experiment_id, _Cell.state != "done")
    return s.scalar(query) or 0


def _columns(s: Session, query: Executable, count: int) -> list[list[Any]]:
    """Return what a query finds as columns, without the ORM, which takes as long again for every row.

    Many rows at once would be looked through by the garbage collector.
    """
    columns: list[list[Any]] = [[] for _ in range(count)]
    for rows in s.connection().execute(query).partitions(PIECE):
        for column, values in zip(columns, zip(*rows, strict=True), strict=True):
            column.extend(values)
    return columns


def _ids(wanted: Wanted, kind: Kind) -> Select[Any]:
    of = (_Run.method == kind.method, _Run.method_version == kind.version, _Run.model_key == kind.model)
    return _selected(select(_Run.id), wanted).where(*of, cast(_Run.params, Text).in_(sorted(kind.params)))


def _selected(query: Select[Any], wanted: Wanted) -> Select[Any]:
    query = query.select_from(_Run).join(tables.Session, tables.Session.id == _Run.session_id)
    if wanted.experiment is not None:
        query = query.join(_Cell, _Cell.run_id == _Run.id)
    return query.where(_which(wanted), _Run.deleted_at.is_(None), tables.Session.deleted_at.is_(None))


def _which(wanted: Wanted) -> ColumnElement[bool]:
    if wanted.experiment is not None:
        return _Cell.experiment_id == wanted.experiment
    return _Run.session_id.in_(wanted.sessions) if wanted.sessions else _Run.id.in_(wanted.runs)
