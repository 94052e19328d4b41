from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.annotation.stored import store
from webapp.annotation.adjudicating import AdjudicationService
from webapp.annotation.labelling import LabellingService
from webapp.annotation.queues import QueueService


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a database with runs to be labelled, to be copied."""
    made = tmp_path_factory.mktemp("labelled") / "runs.db"

    async def fill() -> None:
        database = Database.open(made)
        await database.write(store)
        await database.close()

    asyncio.run(fill())
    return made


@pytest.fixture
async def database(stored: Path, tmp_path: Path) -> AsyncIterator[Database]:
    shutil.copy(stored, tmp_path / "runs.db")
    opened = Database.open(tmp_path / "runs.db")
    yield opened
    await opened.close()


@pytest.fixture
def queues(database: Database) -> QueueService:
    return QueueService(database)


@pytest.fixture
def labelling(database: Database) -> LabellingService:
    return LabellingService(database)


@pytest.fixture
def adjudicating(database: Database) -> AdjudicationService:
    return AdjudicationService(database)
