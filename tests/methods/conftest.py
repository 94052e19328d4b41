"""A stage for methods: the real run service over a real database, with a model that says what the test wrote."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.methods.playing import Judge, Play
from tests.runs.puppet import Stage
from webapp.runs.service import RunService


@pytest.fixture
def model() -> Judge:
    return Judge()


@pytest.fixture(scope="package")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with all tables and nothing in them: copying it is much quicker than making one."""
    path = tmp_path_factory.mktemp("new") / "runs.db"
    asyncio.run(Database.open(f"sqlite:///{path}").close())
    return path


@pytest.fixture
async def play(tmp_path: Path, new_database: Path, model: Judge) -> AsyncIterator[Play]:
    shutil.copy(new_database, tmp_path / "runs.db")
    database = Database.open(f"sqlite:///{tmp_path / 'runs.db'}")
    service = RunService(database, Stage(model))  # type: ignore[arg-type]
    await service.start()
    yield Play(service, database)
    await service.close()
    await database.close()
