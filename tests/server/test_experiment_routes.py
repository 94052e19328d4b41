"""Experiments over HTTP: listed, told, paged and exported, and gone on with after a restart."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from starlette.testclient import TestClient

from tests.experiments.grids import problems
from tests.runs.puppet import Puppet
from tests.server.conftest import BASE, services_in
from webapp.experiments.service import ExperimentService
from webapp.experiments.spec import ExperimentSpec
from webapp.server import bare_app, protect

SPEC = ExperimentSpec.model_validate({
    "name": "Votes & <b>more</b>",
    "methods": [
        {"method": "self_consistency", "params": {"samples": 2, "max_tokens": 40}},
        {"method": "ask_again", "params": {"max_tokens": 40}, "title": "Again"},
    ],
    "data": {"source": "starter"},
    "seeds": [3, 4],
})  # fmt: skip


def made(client: TestClient) -> str:
    """Make an experiment of three problems, and start it."""
    experiments: ExperimentService = client.app.state.experiments  # type: ignore[attr-defined]
    assert client.portal is not None

    async def make() -> str:
        experiment = await experiments.create(SPEC, problems(3), person="local")
        await experiments.start(experiment)
        return experiment

    return client.portal.call(make)  # type: ignore[no-any-return]


def finished(client: TestClient, experiment: str) -> None:
    assert client.portal is not None
    client.portal.call(client.app.state.experiments.wait, experiment)  # type: ignore[attr-defined]


def client_in(folder: Path, puppet: Puppet) -> TestClient:
    services = services_in(folder, puppet)
    app = bare_app(services)
    protect(app, services.settings)
    return TestClient(app, base_url=BASE)


def told(client: TestClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_experiment_is_listed_told_paged_and_exported(tmp_path: Path) -> None:
    with client_in(tmp_path, Puppet()) as client:
        experiment = made(client)
        finished(client, experiment)
        listed = told(client, "/api/experiments?text=VOTES")
        assert [(item["id"], item["cells"], item["total"]) for item in listed["items"]] == [
            (experiment, {"done": 12}, 12)
        ]
        assert told(client, "/api/experiments?text=nothing")["total"] == 0
        found = told(client, f"/api/experiments/{experiment}")
        assert (found["status"], found["ended"], found["seeds"]) == ("finished", 12, [3, 4])
        assert found["arms"] == ["Sample and vote (samples 2, max tokens 40)", "Again"]
        assert [(r["done"], r["correction"]["last"]) for r in found["results"]] == [(6, 1.0), (6, 1.0)]
        query = "state=done&arm=1&seed=4&outcome=correct%3Ecorrect&limit=2"
        page = told(client, f"/api/experiments/{experiment}/cells?{query}")
        assert page["total"] == 3 and [cell["arm"] for cell in page["items"]] == [1, 1]
        assert client.get(f"/api/runs/{page['items'][0]['run_id']}").status_code == 200
        exported = client.get(f"/api/experiments/{experiment}/export")
        assert 'filename="Votes-b-more-b.csv"' in exported.headers["content-disposition"]
        rows = list(csv.DictReader(io.StringIO(exported.text)))
        assert len(rows) == 12 and {row["name"] for row in rows} == {SPEC.name}
        whole = client.get(f"/api/experiments/{experiment}/export?format=parquet").content
        assert parquet.read_table(io.BytesIO(whole)).num_rows == 12


def test_nonsense_is_refused(tmp_path: Path) -> None:
    with client_in(tmp_path, Puppet()) as client:
        assert client.get("/api/experiments/nothing").status_code == 400
        assert "no such experiment" in client.get("/api/experiments/nothing/export").json()["error"]
        for query in ("state=odd", "outcome=a%3Eb%3Ec", "limit=1000", "arm=x", f"arm={2**31}", f"seed={2**63}"):
            assert client.get(f"/api/experiments/nothing/cells?{query}").status_code == 422
        assert client.get("/api/experiments/nothing/export?format=xlsx").status_code == 422


def test_the_next_server_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    puppet = Puppet()
    puppet.gate.clear()
    with client_in(tmp_path, puppet) as client:
        experiment = made(client)
        assert told(client, f"/api/experiments/{experiment}")["status"] == "running"
    with client_in(tmp_path, Puppet()) as client:
        finished(client, experiment)
        assert told(client, f"/api/experiments/{experiment}")["cells"] == {"done": 12}


@pytest.mark.parametrize("header", [{"origin": "https://evil.example"}, {"host": "evil.example"}])
def test_other_sites_read_no_experiment(tmp_path: Path, header: dict[str, str]) -> None:
    with client_in(tmp_path, Puppet()) as client:
        assert client.get("/api/experiments", headers=header).status_code == 403
