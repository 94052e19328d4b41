from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


@pytest.fixture
async def database(file: Path) -> AsyncIterator[Database]:
    opened = Database.open(file)
    yield opened
    await opened.close()
