"""Databases of both kinds: a test that asks for `database` or `place` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from sqlalchemy import Table
from sqlalchemy.orm import Session

from storage.database import Database
from storage.tables import Base
from tests import postgres

KINDS = ("sqlite", "postgresql")
Seeds: TypeAlias = list[tuple[Table, list[dict[str, Any]]]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where an SQLite database may be made."""
    return tmp_path / "runs.db"


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database that was just made, to be copied: making one takes longer than most tests."""
    made = tmp_path_factory.mktemp("empty") / "runs.db"
    asyncio.run(Database.open(made).close())
    return made


@pytest.fixture(scope="session")
def template(server: postgres.Cluster) -> str:
    """Return the name of a PostgreSQL database that was just made, to be copied."""
    made = server.create()
    asyncio.run(Database.open(made.render_as_string()).close())
    return str(made.database)


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'runs.db'}"
        return
    with postgres.database(request.getfixturevalue("server")) as address:
        yield address


@pytest.fixture(params=KINDS)
def stored_at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a database of this release that holds nothing yet."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("empty"), tmp_path / "runs.db")
        yield f"sqlite:///{tmp_path / 'runs.db'}"
        return
    template: Any = request.getfixturevalue("template")
    with postgres.database(request.getfixturevalue("server"), template) as address:
        yield address


@pytest.fixture
async def on_file(empty: Path, file: Path) -> AsyncIterator[Database]:
    """Return a database in a file, for what only files have."""
    shutil.copy(empty, file)
    opened = Database.open(file)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def shared(server: postgres.Cluster, template: str) -> Iterator[tuple[Database, Seeds]]:
    """Return an opened PostgreSQL database and what a fresh one holds: making one takes longer than emptying it."""
    with postgres.database(server, template) as address:
        opened = Database.open(address)
        yield opened, asyncio.run(opened.read(seeds))
        asyncio.run(opened.close())


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Return an opened database of this release that holds nothing yet."""
    if request.param == "postgresql":
        opened, fresh = request.getfixturevalue("shared")
        asyncio.run(opened.write(lambda s: refresh(s, fresh)))
        yield opened
        return
    shutil.copy(request.getfixturevalue("empty"), tmp_path / "runs.db")
    opened = Database.open(tmp_path / "runs.db")
    yield opened
    asyncio.run(opened.close())


def seeds(s: Session) -> Seeds:
    """Return the rows of all tables, each after those that it refers to."""
    return [
        (table, [dict(row) for row in s.execute(table.select()).mappings()]) for table in Base.metadata.sorted_tables
    ]


def refresh(s: Session, fresh: Seeds) -> None:
    """Bring all tables back to what they held."""
    for table, _ in reversed(fresh):
        s.execute(table.delete())
    for table, rows in fresh:
        if rows:
            s.execute(table.insert(), rows)


@pytest.fixture
async def elsewhere(tmp_path: Path) -> AsyncIterator[Database]:
    """Return another database, which a session can be taken to."""
    opened = Database.open(tmp_path / "elsewhere" / "runs.db")
    yield opened
    await opened.close()


@pytest.fixture
def stz(tmp_path: Path) -> Path:
    """Return where a session file may be written, in a folder of its own."""
    folder = tmp_path / "files"
    folder.mkdir()
    return folder / "cats.stz"
