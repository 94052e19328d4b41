"""Training data over HTTP: choices, a preview, files with cards, and nothing that a person may not read."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from storage import tables
from storage.records import Session
from storage.repositories import sessions
from tests.export.files import write_lines
from tests.export.labels.test_benchmarks import mr_gsm8k
from tests.export.training.stored import RUNS, store
from webapp.export.training.registry import BUILDERS, FORMATS
from webapp.runs.request import BadRequest
from webapp.runs.services import Services
from webapp.runs.training import Training, template_of


@pytest.fixture(scope="module")
def session(client: TestClient, services: Services, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a session with four corrections."""
    portal = client.portal
    assert portal is not None
    return portal.call(store, services.database, tmp_path_factory.mktemp("runs"))


def test_all_builders_formats_and_settings_are_offered(client: TestClient) -> None:
    found = client.get("/api/training/choices").json()
    assert [each["name"] for each in found["builders"]] == list(BUILDERS)
    assert [each["name"] for each in found["formats"]] == list(FORMATS)
    assert {name for each in found["builders"] for name in each["uses"]} <= set(found["settings"]["properties"])
    assert all(each["description"] and each["source"] for each in found["builders"])


def test_a_preview_says_what_would_be_left_out(client: TestClient, session: str) -> None:
    asked = {"sessions": session, "builder": "first-vs-corrected", "format": "dpo"}
    found = client.get("/api/training/preview", params=asked).json()
    assert (found["rows"], found["runs"], found["problems"]) == (3, 4, 2)
    assert found["kinds"] == {"fixed": 2, "broken": 1}
    assert found["refused"] == {"the correction did not flip the outcome": 1}
    assert found["first"][0]["chosen"][0]["content"].endswith("12")
    balanced = client.get("/api/training/preview", params=asked | {"settings": '{"balance": true}'}).json()
    assert balanced["kinds"] == {"fixed": 1, "broken": 1}


def test_a_file_comes_with_its_card(client: TestClient, session: str) -> None:
    asked = {"sessions": session, "builder": "two-turn", "format": "sft"}
    answer = client.get("/api/training/file", params=asked)
    assert answer.headers["content-disposition"] == 'attachment; filename="two-turn-sft.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert packed.namelist() == ["two-turn-sft.jsonl", "two-turn-sft.card.md"]
        assert len(packed.read("two-turn-sft.jsonl").splitlines()) == 2


def test_everything_is_one_line_a_run(client: TestClient, session: str) -> None:
    answer = client.get("/api/training/traces", params={"sessions": session})
    assert [json.loads(line)["run"]["session_id"] for line in answer.text.splitlines()] == [session] * 4


@pytest.mark.parametrize(
    ("path", "asked", "says"),
    [
        ("preview", {"builder": "isc", "format": "sft-spans"}, "Name what to export"),
        ("preview", {"sessions": "S", "builder": "colour", "format": "sft"}, "There is no builder 'colour'"),
        ("preview", {"sessions": "S", "builder": "isc", "format": "dpo"}, "cannot be written as dpo"),
        ("preview", {"sessions": "S", "builder": "graded", "format": "sft", "settings": '{"seed": -1}'}, "Seed: "),
        (
            "preview",
            {"sessions": "S", "builder": "isc", "format": "sft-spans", "settings": "no"},
            "settings: invalid json",
        ),
        ("file", {"sessions": "S", "builder": "expo", "format": "sft"}, "No row can be made of these runs"),
        ("file", {"sessions": "gone", "builder": "isc", "format": "sft-spans"}, "There is no such session here"),
        ("file", {"runs": "gone", "builder": "isc", "format": "sft-spans"}, "There is no such run here"),
        ("traces", {"experiment": "gone"}, "There is no such experiment here"),
        ("labels", {"sessions": "S"}, "There is nothing of that about these runs."),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    client: TestClient, session: str, path: str, asked: dict[str, str], says: str
) -> None:
    answer = client.get(f"/api/training/{path}", params={key: v.replace("S", session) for key, v in asked.items()})
    assert answer.status_code == 400
    assert says in answer.json()["error"]


def test_what_a_person_may_not_read_is_not_exported(client: TestClient, services: Services) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    portal = client.portal
    assert portal is not None
    portal.call(services.database.write, lambda s: s.add(tables.Person(id="stranger", name="Stranger")))
    theirs = Session("theirs", "stranger", "Theirs", now, now)
    portal.call(services.database.write, lambda s: sessions.create(s, theirs))
    for path in ("preview", "file", "traces", "labels"):
        asked = {"sessions": "theirs", "builder": "isc", "format": "sft-spans"}
        answer = client.get(f"/api/training/{path}", params=asked)
        assert (answer.status_code, answer.json()["error"][:25]) == (400, "There is no such session ")


def test_labels_come_in_and_go_out(client: TestClient, services: Services, session: str, tmp_path: Path) -> None:
    portal = client.portal
    assert portal is not None
    steps = RUNS[0]["texts"][0]["text"].split("\n")
    path = write_lines(tmp_path / "labels.jsonl", [mr_gsm8k(model_output_steps=steps)])
    report = portal.call(Training(services.database, "local").import_labels, path)
    assert (report.imported, report.matched) == (1, 1)
    answer = client.get("/api/training/labels", params={"sessions": session})
    assert [json.loads(line)["annotator"] for line in answer.text.splitlines()] == ["mr-gsm8k"]
    with pytest.raises(BadRequest, match="cannot be read"):
        portal.call(Training(services.database, "local").import_labels, tmp_path / "nothing.jsonl")


async def test_token_ids_need_a_model_that_is_here(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="none is ready yet"):
        await template_of(None, tmp_path)
    with pytest.raises(BadRequest, match="cannot be used"):
        await template_of(str(tmp_path), tmp_path)
