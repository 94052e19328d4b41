"""Fixtures that more than one package needs, and how several processes share the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests import postgres
from tests.parts import require
from tests.sharing import BROWSER, Sharing, folder
from webapp.models import embedded
from webapp.models.progress import ModelError, silent
from webapp.paths import user_cache_folder

MODEL_VARIABLE = "SECOND_THOUGHTS_TEST_MODEL"

# How long an example takes says how busy the machine is, not whether the property holds.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    items.sort(key=lambda item: folder(item.nodeid) not in BROWSER)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    """Share the tests among processes as `Sharing` says."""
    return Sharing(config, log)


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
