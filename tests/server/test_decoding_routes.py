"""The decoding panel's endpoint: what it tells, what it refuses, and who may ask."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import SecretStr
from starlette.testclient import TestClient

from tests.runs.puppet import VOCABULARY, Puppet
from tests.server.conftest import BASE, services_in
from tests.server.test_server import EVIL, launched
from webapp.engine.protocol import Prompt
from webapp.runs.services import Services
from webapp.server import bare_app, protect


class Open(Puppet):
    """Tells whole distributions."""

    async def logits(
        self, prompt: Prompt, said: Sequence[int], start: int, stop: int, **_: Any
    ) -> NDArray[np.float32]:
        return np.tile(np.arange(VOCABULARY, 0, -1, dtype=np.float32), (stop - start, 1))


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Services:
    return services_in(tmp_path_factory.mktemp("data"), Open())


@pytest.fixture(scope="module")
def text(client: TestClient, services: Services) -> str:
    generations = client.get(f"/api/runs/{launched(client, services)}").json()["generations"]
    return str(generations[0]["id"])


def test_a_token_is_told_with_its_rules_and_a_chart(client: TestClient, text: str) -> None:
    answer = client.get(f"/api/texts/{text}/rules?index=2&temperature=1&top_k=3")
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["index"], told["temperature"], told["unknown"]) == (2, 1.0, "")
    assert {rule["name"]: rule["kept"] for rule in told["rules"]} | {"eta": 0} == {
        "top_h": 1, "top_h_repo": 1, "top_p": 3, "min_p": 3, "top_k": 3, "eta": 0,
    }  # fmt: skip
    assert told["tokens"][0]["id"] == 0 and told["figure"]["data"]


def test_a_text_is_told_as_a_chart_along_it(client: TestClient, text: str) -> None:
    told = client.get(f"/api/texts/{text}/rules/along?alpha=0.9").json()
    names = [line["name"] for line in told["figure"]["data"]]
    assert "Top-H" in names and told["temperature"] == 0.7


def test_what_is_not_there_is_refused_with_a_sentence(client: TestClient, text: str) -> None:
    for path, said in ((f"{text}/rules?index=99", "there is no token 99"), ("nowhere/rules?index=0", "not stored")):
        answer = client.get(f"/api/texts/{path}")
        assert answer.status_code == 400 and said in answer.json()["error"]


@pytest.mark.parametrize(
    "query",
    [
        "", "index=-1", "index=x", "index=0&temperature=0", "index=0&temperature=nan", "index=0&temperature=inf",
        "index=0&alpha=1", "index=0&alpha=nan", "index=0&top_p=0", "index=0&min_p=2", "index=0&top_k=0",
        "index=0&eta=-1",
    ],
)  # fmt: skip
def test_settings_that_mean_nothing_are_refused(client: TestClient, text: str, query: str) -> None:
    assert client.get(f"/api/texts/{text}/rules?{query}").status_code == 422


def test_other_sites_learn_nothing(client: TestClient, text: str) -> None:
    for path in (f"/api/texts/{text}/rules?index=0", f"/api/texts/{text}/rules/along"):
        for headers in (EVIL, {"origin": "null"}, {"host": "evil.example"}, {"sec-fetch-site": "cross-site"}):
            assert client.get(path, headers=headers).status_code == 403


def test_with_a_password_nobody_is_told_without_it(tmp_path: Path) -> None:
    services = services_in(tmp_path, Open())
    app = bare_app(services)
    protect(app, services.settings.model_copy(update={"password": SecretStr("open sesame")}))
    with TestClient(app, base_url=BASE) as client:
        path = "/api/texts/some/rules?index=0"
        assert client.get(path).status_code == client.get(path.replace("?", "/along?")).status_code == 401
        client.post("/login", data={"password": "open sesame"})
        assert client.get(path).status_code == 400, "let in, and told that there is no such text"
