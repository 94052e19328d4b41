"""Model servers over HTTP: listed, used, refused in a sentence; a key goes in and never comes out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from storage.database import Database
from tests.engine.remote.fake import Can, Fake
from tests.server.conftest import BASE
from webapp.runs.engines import EngineHub
from webapp.runs.library import LibraryService
from webapp.runs.service import RunService
from webapp.runs.services import Services
from webapp.server import bare_app, protect
from webapp.settings import Settings

KEY = "sesame-1312-open"


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    with Fake(Can(key=KEY, models=("toy", "other/big"))) as made:
        yield made


@pytest.fixture(scope="module")
def asking(fake: Fake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("served")
    settings = Settings(data_dir=folder, cache_dir=folder, model=f"{fake.base}#toy")
    database = Database.open(settings.database_url)
    hub = EngineHub(settings)
    app = bare_app(Services(settings, database, hub, RunService(database, hub), LibraryService(database)))
    protect(app, settings)
    with TestClient(app, base_url=BASE) as client:
        yield client


def test_models_are_listed_and_one_is_used(asking: TestClient, fake: Fake):
    listed = asking.post("/api/servers/models", json={"address": fake.base, "key": KEY})
    assert listed.json() == {"models": ["toy", "other/big"]}
    used = asking.post(
        "/api/servers/use", json={"address": fake.base, "model": "other/big"}
    )  # the key is known by now
    assert used.json()["status"]["ref"] == f"{fake.base}#other/big"
    while (told := asking.get("/api/model").json())["status"]["state"] not in ("ready", "failed"):
        pass
    assert told["status"]["error"] == ""
    assert told["model"]["name"] == "big"
    assert told["model"]["record"]["source"] == fake.base
    assert "inner states" in told["model"]["absent"]["embed"]
    for answered in (listed, used):
        assert KEY not in answered.text
    assert KEY not in str(told)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"address": "gpu"}, "address begins with http"),
        ({"address": "http://me:s3cret@gpu"}, "give the key in the field"),
        ({"address": "http://127.0.0.1:9/v1", "key": "s3cret"}, "cannot be reached"),
        ({"address": "x" * 3000}, "address"),
        ({"key": "s3cret"}, "address"),
        ({"address": ["s3cret"]}, "address"),
    ],
)
def test_what_is_no_server_is_refused(asking: TestClient, body: dict[str, object], sentence: str):
    refused = asking.post("/api/servers/models", json=body)
    assert refused.status_code == 400
    assert sentence in refused.json()["error"]
    assert "s3cret" not in refused.text


def test_a_key_is_taken_without_the_space_it_was_pasted_with(asking: TestClient, fake: Fake):
    listed = asking.post("/api/servers/models", json={"address": fake.base, "key": f" {KEY}\n"})
    assert listed.json() == {"models": ["toy", "other/big"]}


@pytest.mark.parametrize("key", ["s3cret\N{HORIZONTAL ELLIPSIS}", "s3cret s3cret", "s3cret\r\nx: y", "s3crét"])
def test_what_no_header_can_hold_is_no_key(asking: TestClient, fake: Fake, key: str):
    refused = asking.post("/api/servers/models", json={"address": fake.base, "key": key})
    assert (refused.status_code, "That is no key" in refused.json()["error"]) == (400, True)
    assert "s3cr" not in refused.text


def test_a_wrong_key_is_refused_and_not_repeated(asking: TestClient, fake: Fake):
    refused = asking.post("/api/servers/models", json={"address": fake.base, "key": "wrong-5Y"})
    assert (refused.status_code, "refuses the key" in refused.json()["error"]) == (400, True)
    assert "wrong-5Y" not in refused.text


def test_other_sites_cannot_ask(asking: TestClient, fake: Fake):
    asked = asking.post("/api/servers/models", json={"address": fake.base}, headers={"origin": "http://evil.example"})
    assert asked.status_code == 403
