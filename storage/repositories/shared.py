"""What several repositories do alike: content shared by its hash, tags, rows that have to exist."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage import tables
from storage.errors import Missing
from storage.records import ModelRecord, Problem
from storage.text import clean, fold, storable

TagTable: TypeAlias = type[tables.SessionTag] | type[tables.RunTag]
Found = TypeVar("Found", tables.Session, tables.Run)

TAG_LENGTH = 100
PIECE = 10_000  # SQLite takes 32,766 parameters, PostgreSQL's protocol 65,535
_CALLED: dict[type[tables.Base], str] = {tables.Session: "session", tables.Run: "run"}


def row_of(s: Session, table: type[Found], key: str) -> Found:
    """Return a row that has to exist.

    Raises:
        Missing: when there is none.

    """
    row = s.get(table, key)
    if row is None:
        raise Missing(f"There is no such {_CALLED[table]}; it may have been removed for good.")
    return row


def content_key(record: Problem | ModelRecord) -> str:
    """Return the hash of what a record says, by which equal ones are stored once."""
    content = json.dumps(storable(asdict(record)), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def insert_missing(s: Session, table: type[tables.Base], *rows: Mapping[str, Any]) -> None:
    """Insert rows unless their keys are there already, whoever else is inserting them."""
    dialect = postgresql if s.get_bind().dialect.name == "postgresql" else sqlite
    if rows:
        s.execute(dialect.insert(table).on_conflict_do_nothing(), [dict(row) for row in rows])


def in_pieces(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the ids in pieces that a statement can take as parameters."""
    yield from (ids[start : start + PIECE] for start in range(0, len(ids), PIECE))


def tidy(tags: Sequence[str]) -> tuple[str, ...]:
    """Return tags without surrounding space, empty ones and repetitions, each of at most 100 characters.

    Tags that differ only in case are one, as a list is asked for them.
    """
    stripped = (" ".join(clean(tag).split())[:TAG_LENGTH].strip() for tag in tags)
    first: dict[str, str] = {}
    for tag in stripped:
        first.setdefault(fold(tag), tag)
    return tuple(tag for tag in first.values() if tag)


def put_tags(s: Session, table: TagTable, owner: str, tags: Sequence[str]) -> None:
    """Replace the tags of a session or run."""
    key = _owner(table)
    s.execute(delete(table).where(getattr(table, key) == owner))
    s.add_all(tag_rows(table, owner, tags))
    s.flush()


def tag_rows(table: TagTable, owner: str, tags: Sequence[str]) -> list[tables.SessionTag | tables.RunTag]:
    """Return the rows of the tags of a session or run."""
    key = _owner(table)
    return [table(**{key: owner}, position=n, tag=tag, folded=fold(tag)) for n, tag in enumerate(tidy(tags))]


def tags_of(s: Session, table: TagTable, owners: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the tags of sessions or runs, by their ids."""
    key = getattr(table, _owner(table))
    found: dict[str, tuple[str, ...]] = dict.fromkeys(owners, ())
    for piece in in_pieces(owners):
        rows = s.execute(select(key, table.tag).where(key.in_(piece)).order_by(key, table.position))
        for owner, tag in rows:
            found[owner] = (*found[owner], tag)
    return found


def touch(s: Session, session_id: str, now: datetime) -> None:
    """Note that something in a session has changed, which brings it to the front of the list."""
    row_of(s, tables.Session, session_id).updated_at = now


def _owner(table: TagTable) -> str:
    return "session_id" if table is tables.SessionTag else "run_id"
