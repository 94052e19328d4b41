"""Databases of both kinds: a test that asks for `database` or `place` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from tests import postgres

KINDS = ("sqlite", "postgresql")


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


@pytest.fixture
async def database(stored_at: str) -> AsyncIterator[Database]:
    opened = Database.open(stored_at)
    yield opened
    await opened.close()
