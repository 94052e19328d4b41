from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where a database may be made."""
    return tmp_path / "runs.db"


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database that was just made, to be copied: making one takes longer than most tests."""
    made = tmp_path_factory.mktemp("empty") / "runs.db"
    asyncio.run(Database.open(made).close())
    return made


@pytest.fixture
async def database(empty: Path, file: Path) -> AsyncIterator[Database]:
    shutil.copy(empty, file)
    opened = Database.open(file)
    yield opened
    await opened.close()
