"""The app over a real database and a scripted engine, with a page of its own in place of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from starlette.testclient import TestClient

from storage.database import Database
from tests.runs.puppet import Puppet, Stage
from webapp.runs.library import LibraryService
from webapp.runs.limits import Limits
from webapp.runs.service import RunService
from webapp.runs.services import Services
from webapp.server import bare_app, mount_pages, protect
from webapp.settings import Settings

BASE = "http://127.0.0.1:7860"


def services_in(folder: Path, puppet: Puppet, limits: Limits | None = None, **options: Any) -> Services:
    """Return services whose model is a puppet; `options` are further settings."""
    settings = Settings(data_dir=folder, cache_dir=folder, **options)
    database = Database.open(settings.database_url)
    stage: Any = Stage(puppet)
    return Services(settings, database, stage, RunService(database, stage, limits), LibraryService(database))


def echoing_page() -> gr.Blocks:
    """Return a page with a public and a private handler that return what they are given."""
    with gr.Blocks() as page:
        value, shown = gr.JSON(), gr.JSON()
        gr.Button().click(lambda given: given, value, shown, api_name="public_echo")
        gr.Button().click(lambda given: given, value, shown, api_visibility="private", api_name="private_echo")
    return page


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Services:
    return services_in(tmp_path_factory.mktemp("data"), Puppet())


@pytest.fixture(scope="module")
def client(services: Services) -> Iterator[TestClient]:
    """Return a client whose event loop runs the services; one for all tests of a module, as mounting takes long."""
    app = bare_app(services)
    mount_pages(app, echoing_page())
    protect(app, services.settings)
    with TestClient(app, base_url=BASE) as client:
        yield client
