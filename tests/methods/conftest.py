"""A stage for methods: the real run service over a real database, with a model that says what the test wrote."""

from __future__ import annotations

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


@pytest.fixture
async def play(tmp_path: Path, model: Judge) -> AsyncIterator[Play]:
    database = Database.open(f"sqlite:///{tmp_path / 'runs.db'}")
    service = RunService(database, Stage(model))  # type: ignore[arg-type]
    await service.start()
    yield Play(service, database)
    await service.close()
    await database.close()
