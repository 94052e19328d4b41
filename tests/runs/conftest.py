"""A run service over a real database and a scripted engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from storage.database import Database
from tests.runs import scenes
from tests.runs.puppet import Puppet, Stage
from webapp.methods import registry
from webapp.runs.limits import Limits
from webapp.runs.service import RunService

FAST = Limits(autosave=0.02)


@pytest.fixture
def methods_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the scenes for one test."""
    registry.methods()
    monkeypatch.setattr(registry, "_METHODS", dict(registry._METHODS))
    scenes.register()


@pytest.fixture
def puppet() -> Puppet:
    return Puppet()


@pytest.fixture
def stage(puppet: Puppet) -> Stage:
    return Stage(puppet)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database.open(f"sqlite:///{tmp_path / 'runs.db'}")
    yield database
    await database.close()


@pytest.fixture
async def make_service(
    database: Database, stage: Stage, methods_of_tests: None
) -> AsyncIterator[Callable[..., RunService]]:
    """Return a function that starts a service with the given limits; all are closed at the end."""
    made: list[RunService] = []

    async def make(limits: Limits = FAST, hub: Stage = stage) -> RunService:
        service = RunService(database, hub, limits)  # type: ignore[arg-type]
        await service.start()
        made.append(service)
        return service

    yield make
    for service in made:
        await service.close()


@pytest.fixture
async def service(make_service: Callable[..., RunService]) -> RunService:
    made: RunService = await make_service()  # type: ignore[misc]
    return made
