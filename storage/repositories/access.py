"""What a person may do with what is stored: the rights to a session hold for everything in it."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage import tables
from storage.records import Sharing

Thing: TypeAlias = Literal["session", "run", "text", "experiment"]
Right: TypeAlias = Literal["read", "write", "own"]


_SHARED: dict[Right, tuple[Sharing, ...]] = {"read": ("read", "write"), "write": ("write",), "own": ()}


def allowed(person: str | InstrumentedAttribute[str], right: Right = "read") -> ColumnElement[bool]:
    """Return the condition that a row of `tables.Session`, which the query has to name, is open to a person.

    The person may be a column of the query.
    """
    return or_(tables.Session.person_id == person, tables.Session.sharing.in_(_SHARED[right]))


def open_sessions(person: str, right: Right = "read") -> Select[Any]:
    """Return the query of the ids of all sessions that are open to a person, deleted ones too."""
    return select(tables.Session.id).where(allowed(person, right))


def may(s: Session, thing: Thing, key: str, person: str, right: Right = "read") -> bool:
    """Say whether a person has a right to a thing; to what does not exist nobody has one."""
    return bool(s.scalar(select(_SESSION_OF[thing](key).where(allowed(person, right)).exists())))


def _session(key: str) -> Select[Any]:
    return select(tables.Session.id).where(tables.Session.id == key)


def _run(key: str) -> Select[Any]:
    of = select(tables.Session.id).join(tables.Run, tables.Run.session_id == tables.Session.id)
    return of.where(tables.Run.id == key)


def _text(key: str) -> Select[Any]:
    of = select(tables.Session.id).join(tables.Run, tables.Run.session_id == tables.Session.id)
    return of.join(tables.Generation, tables.Generation.run_id == tables.Run.id).where(tables.Generation.id == key)


def _experiment(key: str) -> Select[Any]:
    of = select(tables.Session.id).join(tables.Experiment, tables.Experiment.session_id == tables.Session.id)
    return of.where(tables.Experiment.id == key)


_SESSION_OF = {"session": _session, "run": _run, "text": _text, "experiment": _experiment}
