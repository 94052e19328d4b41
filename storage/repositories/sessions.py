"""Sessions: a person's named workspaces."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from storage import tables
from storage.records import Session, Sharing
from storage.repositories.shared import put_tags, row_of, tags_of
from storage.text import fold


def create(s: OrmSession, session: Session) -> None:
    """Store a new session as it is."""
    row = tables.Session(
        id=session.id,
        person_id=session.person_id,
        name=session.name,
        notes=session.notes,
        folded=_folded(session.name, session.notes),
        created_at=session.created_at,
        updated_at=session.updated_at,
        deleted_at=session.deleted_at,
        sharing=session.sharing,
    )
    s.add(row)
    s.flush()
    put_tags(s, tables.SessionTag, session.id, session.tags)


def get(s: OrmSession, session_id: str) -> Session | None:
    """Return a session, also a deleted one; None when there is none."""
    row = s.get(tables.Session, session_id)
    return None if row is None else _records(s, [row])[0]


def recent(s: OrmSession, limit: int = 20, *, person: str | None = None) -> list[Session]:
    """Return the sessions that changed last, newest first, of one person or of all."""
    query = select(tables.Session).where(tables.Session.deleted_at.is_(None))
    if person is not None:
        query = query.where(tables.Session.person_id == person)
    rows = s.scalars(query.order_by(tables.Session.updated_at.desc(), tables.Session.id.desc()).limit(limit))
    return _records(s, list(rows))


def rename(s: OrmSession, session_id: str, name: str) -> None:
    """Give a session another name."""
    row = _changed(s, session_id)
    row.name = name
    row.folded = _folded(name, row.notes)


def set_notes(s: OrmSession, session_id: str, notes: str) -> None:
    """Replace a session's notes."""
    row = _changed(s, session_id)
    row.notes = notes
    row.folded = _folded(row.name, notes)


def set_tags(s: OrmSession, session_id: str, tags: Sequence[str]) -> None:
    """Replace a session's tags."""
    _changed(s, session_id)
    put_tags(s, tables.SessionTag, session_id, tags)


def share(s: OrmSession, session_id: str, sharing: Sharing) -> None:
    """Say what others than its owner may do with a session and all that is in it."""
    row_of(s, tables.Session, session_id).sharing = sharing


def delete(s: OrmSession, session_id: str) -> None:
    """Put a session away with its runs; `restore` brings it back as it was."""
    row_of(s, tables.Session, session_id).deleted_at = datetime.now(UTC)


def restore(s: OrmSession, session_id: str) -> None:
    """Bring back a deleted session; runs that had been deleted before it stay so."""
    row_of(s, tables.Session, session_id).deleted_at = None


def _changed(s: OrmSession, session_id: str) -> tables.Session:
    row = row_of(s, tables.Session, session_id)
    row.updated_at = datetime.now(UTC)
    return row


def _folded(name: str, notes: str) -> str:
    return fold(f"{name}\n{notes}")


def _records(s: OrmSession, rows: Sequence[tables.Session]) -> list[Session]:
    tags = tags_of(s, tables.SessionTag, [row.id for row in rows])
    return [
        Session(
            id=row.id,
            person_id=row.person_id,
            name=row.name,
            created_at=row.created_at,
            updated_at=row.updated_at,
            notes=row.notes,
            tags=tags[row.id],
            deleted_at=row.deleted_at,
            sharing=row.sharing,  # type: ignore[arg-type]  # only literals of that type are ever stored
        )
        for row in rows
    ]
