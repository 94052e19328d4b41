from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database that was just made, to be copied: making one takes longer than most tests."""
    made = tmp_path_factory.mktemp("empty") / "runs.db"
    asyncio.run(Database.open(made).close())
    return made


@pytest.fixture
async def database(empty: Path, tmp_path: Path) -> AsyncIterator[Database]:
    shutil.copy(empty, tmp_path / "runs.db")
    opened = Database.open(tmp_path / "runs.db")
    yield opened
    await opened.close()
