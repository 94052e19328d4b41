"""People as the database knows them: sessions and what is written about them belong to one."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage import tables
from storage.records import Person
from storage.repositories.access import allowed
from storage.repositories.shared import insert_missing


def keep(s: Session, *people: Person) -> None:
    """Store people that are not stored yet, and the names that they go by now."""
    insert_missing(s, tables.Person, *({"id": each.id, "name": each.name} for each in people))
    for each in people:
        s.execute(update(tables.Person).where(tables.Person.id == each.id).values(name=each.name))


def default_session(s: Session, person: str) -> str | None:
    """Return the session that a person works in by default: one that is there, and that the person may add to."""
    chosen = select(tables.Person.default_session).where(tables.Person.id == person).scalar_subquery()
    there = select(tables.Session.id).where(tables.Session.id == chosen, tables.Session.deleted_at.is_(None))
    return s.scalar(there.where(allowed(person, "write")))


def set_default_session(s: Session, person: str, session: str | None) -> None:
    """Let a person work in a session by default, or in none."""
    s.execute(update(tables.Person).where(tables.Person.id == person).values(default_session=session))
