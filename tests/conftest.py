"""Fixtures that more than one package needs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import postgres
from tests.parts import require
from webapp.models import embedded
from webapp.models.progress import ModelError, silent
from webapp.paths import user_cache_folder

TESTS = Path(__file__).parent
# What one of several test processes does from beginning to end: a browser fills a processor by itself, and starting a
# model server takes long.
BROWSER = ("components", "e2e")
TOGETHER = {**dict.fromkeys(BROWSER, "browser"), "engine/remote": "remote"}
MODEL_VARIABLE = "SECOND_THOUGHTS_TEST_MODEL"

# How long an example takes says how busy the machine is, not whether the property holds.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the browser, and share the tests among processes by files, but for what belongs together."""
    items.sort(key=lambda item: _folder(item) not in BROWSER)
    for item in items:
        item.add_marker(pytest.mark.xdist_group(TOGETHER.get(_folder(item), str(item.path))))


def _folder(item: pytest.Item) -> str:
    return item.path.parent.relative_to(TESTS).as_posix()


@pytest.fixture(scope="session")
def embedded_model() -> Path:
    """Return the folder of the converted embedded model; the first test that asks fetches it once."""
    given = os.environ.get(MODEL_VARIABLE)
    if given:
        require((Path(given) / "config.json").is_file(), f"{MODEL_VARIABLE}={given} holds no model", "unset it")
        return Path(given)
    try:
        return embedded.prepared(user_cache_folder() / "models", silent)
    except ModelError as error:
        require(False, str(error), "python app.py  # once, with network")
        raise


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Cluster]:
    """Return a running PostgreSQL; the first test that asks starts it."""
    with postgres.cluster() as made:
        yield made
