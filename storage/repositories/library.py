"""Lists of runs and sessions for people: searched, counted and paged by the database, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage import tables
from storage.records import LIVE_STATUSES, Cost, Page, RunRow, SessionRow
from storage.repositories.access import allowed
from storage.repositories.shared import tags_of
from storage.text import fold

__all__ = ["Page", "RunRow", "SessionRow", "search", "sessions", "tags"]

EXCERPT = 200  # characters of a question or an answer in a list
LONGEST = 1000  # characters of a text to search for; what follows does not count

_Run, _Session, _Generation = tables.Run, tables.Session, tables.Generation
_Problem, _Model, _Person = tables.Problem, tables.Model, tables.Person


def search(
    s: Session,
    text: str = "",
    *,
    person: str,
    session: str | None = None,
    tag: str | None = None,
    deleted: bool = False,
    offset: int = 0,
    limit: int = 50,
) -> Page[RunRow]:
    """Return a page of runs, newest first; the runs of one launch in the order of their columns.

    A run is found by a piece of its question, choices, texts, answers, name or notes; case does not count, and
    no character is a wildcard. `deleted` lists deleted runs instead. Runs of deleted sessions, and of those that are
    not open to the person, are never listed.
    """
    conditions = [allowed(person), _Session.deleted_at.is_(None), _put_away(_Run.deleted_at, deleted)]
    if session is not None:
        conditions.append(_Run.session_id == session)
    if tag is not None:
        conditions.append(_Run.id.in_(select(tables.RunTag.run_id).where(tables.RunTag.folded == fold(tag))))
    if needle := _needle(text):
        conditions.append(_says(needle))
    total = s.scalar(_of_runs(select(func.count())).where(*conditions)) or 0
    newest = (_Run.created_at.desc(), _Run.launch_id.desc(), _Run.column, _Run.id)
    listed = _runs().add_columns(allowed(person, "write").label("writable"))
    rows = s.execute(_of_runs(listed).where(*conditions).order_by(*newest).offset(offset).limit(limit)).all()
    labels = tags_of(s, tables.RunTag, [row.id for row in rows])
    return Page([_run_row(row._asdict(), labels[row.id]) for row in rows], total)


def sessions(
    s: Session, text: str = "", *, person: str, deleted: bool = False, offset: int = 0, limit: int = 50
) -> Page[SessionRow]:
    """Return a page of the sessions that are open to a person, last changed first.

    They are found by a piece of their name, notes or runs' questions; of deleted ones only the person's own are.
    """
    conditions = [allowed(person, "own" if deleted else "read"), _put_away(_Session.deleted_at, deleted)]
    if needle := _needle(text):
        asked = select(_Run.session_id).join(_Problem, _Problem.key == _Run.problem_key)
        asked = asked.where(_Run.deleted_at.is_(None), _contains(_Problem.folded, needle))
        conditions.append(or_(_contains(_Session.folded, needle), _Session.id.in_(asked)))
    total = s.scalar(select(func.count()).select_from(_Session).where(*conditions)) or 0
    newest = (_Session.updated_at.desc(), _Session.id.desc())
    rows = s.execute(_sessions().where(*conditions).order_by(*newest).offset(offset).limit(limit)).all()
    labels = tags_of(s, tables.SessionTag, [row.Session.id for row in rows])
    return Page([_session_row(row._asdict(), labels[row.Session.id]) for row in rows], total)


def tags(s: Session, *, person: str) -> list[str]:
    """Return the tags in use on runs that can be listed, in alphabetical order; case makes no other tag."""
    row = tables.RunTag
    used = select(func.min(row.tag)).join(_Run, _Run.id == row.run_id).join(_Session, _Session.id == _Run.session_id)
    used = used.where(allowed(person), _Run.deleted_at.is_(None), _Session.deleted_at.is_(None))
    return list(s.scalars(used.group_by(row.folded).order_by(row.folded)))


def _needle(text: str) -> str:
    return fold(text[:LONGEST].strip())


def _put_away(moment: InstrumentedAttribute[datetime | None], deleted: bool) -> ColumnElement[bool]:
    return moment.is_not(None) if deleted else moment.is_(None)


def _contains(column: InstrumentedAttribute[str], needle: str) -> ColumnElement[bool]:
    return column.contains(needle, autoescape=True)


def _says(needle: str) -> ColumnElement[bool]:
    texts = select(_Generation.id).where(_Generation.run_id == _Run.id, _contains(_Generation.folded, needle))
    return or_(_contains(_Problem.folded, needle), _contains(_Run.folded, needle), texts.exists())


def _runs() -> Select[Any]:
    row = _Run
    return select(
        row.id, row.session_id, _Session.name.label("session_name"), row.launch_id, row.column,
        _Problem.problem_id, func.substr(_Problem.question, 1, EXCERPT).label("question"),
        row.method, _Model.model_id, row.seed, row.status,
        func.substr(row.answer, 1, EXCERPT).label("answer"), row.verdict,
        func.substr(row.first_answer, 1, EXCERPT).label("first_answer"), row.first_verdict,
        row.oracle, row.branch_generation.is_not(None).label("branch"),
        row.generated_tokens, row.prompt_tokens, row.calls, row.seconds,
        row.created_at, row.name, row.notes, row.deleted_at,
    )  # fmt: skip


def _of_runs(query: Select[Any]) -> Select[Any]:
    query = query.select_from(_Run).join(_Session, _Session.id == _Run.session_id)
    return query.join(_Problem, _Problem.key == _Run.problem_key).join(_Model, _Model.key == _Run.model_key)


def _run_row(values: Mapping[str, Any], labels: tuple[str, ...]) -> RunRow:
    costs = {name: values[name] for name in ("generated_tokens", "prompt_tokens", "calls", "seconds")}
    rest = {name: value for name, value in values.items() if name not in costs}
    rest["writable"] = bool(rest["writable"])  # SQLite has only numbers
    return RunRow(**rest, cost=Cost(**costs), tags=labels)


def _sessions() -> Select[Any]:
    kept = select(func.count()).where(_Run.session_id == _Session.id, _Run.deleted_at.is_(None))
    live = kept.where(_Run.status.in_(LIVE_STATUSES))
    columns = (kept.scalar_subquery().label("runs"), live.scalar_subquery().label("live_runs"))
    return select(_Session, *columns, _Person.name.label("owner")).join(_Person, _Person.id == _Session.person_id)


def _session_row(values: Mapping[str, Any], labels: tuple[str, ...]) -> SessionRow:
    row: tables.Session = values["Session"]
    return SessionRow(
        id=row.id,
        person_id=row.person_id,
        name=row.name,
        notes=row.notes,
        tags=labels,
        created_at=row.created_at,
        updated_at=row.updated_at,
        runs=values["runs"],
        live_runs=values["live_runs"],
        deleted_at=row.deleted_at,
        sharing=row.sharing,  # type: ignore[arg-type]  # only literals of that type are ever stored
        owner=values["owner"],
    )
