"""Annotation over HTTP: what a blind item holds, what nonsense is told, what a killed server had kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from storage.database import Database
from tests.annotation.stored import store
from tests.runs.puppet import Puppet
from tests.server.conftest import BASE, services_in
from tests.server.test_kill import free_port, server
from webapp.server import bare_app, protect
from webapp.settings import Settings

ANN = {"annotator": "Ann"}
QUEUE = {
    "name": "Blind",
    "schema_id": "everything",
    "filter": {"take": "drafts"},
    "annotators": [{"name": "Ann"}, {"name": "Bob"}],
    "overlap": 2,
    "blind": True,
}
LABELS = [
    {"field": "steps", "value": "bad", "step": 0},
    {"field": "first_error", "value": "step", "step": 0},
    {"field": "outcome", "value": "wrong"},
]
# of the runs in the store: ids of runs, sessions and texts, methods, models, graders, verdicts, scores, numbers
TELLING = (
    "samples", "mended", "s1", "d0", "d1", "f0", "self_consistency", "self_refine", "smol", "numeric", "incorrect",
    "correct", "p_true", "self_certainty", "0.125", "1.5", "gsm8k", '"B"',
)  # fmt: skip


def client_in(folder: Path) -> TestClient:
    services = services_in(folder, Puppet())
    app = bare_app(services)
    protect(app, services.settings)
    return TestClient(app, base_url=BASE)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("data")
    with client_in(folder) as client:
        _fill(folder)
        yield client


def told(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def built(client: Any, **changes: Any) -> str:
    return str(told(client.post("/api/annotation/queues", json=QUEUE | changes))["id"])


def body(item: Any, labels: list[dict[str, Any]], base: int = 0, annotator: str = "Ann") -> dict[str, Any]:
    steps = [text["steps"] for text in item["texts"]]
    return {"annotator": annotator, "base": base, "labels": labels, "steps": steps, "seconds": 2.5}


def test_a_blind_item_tells_nothing_until_this_annotator_has_submitted(client: TestClient) -> None:
    queue = built(client)
    listed = told(client.get(f"/api/annotation/queues/{queue}/items", params=ANN))
    for row in listed["items"]:
        path = f"/api/annotation/items/{row['id']}"
        bare = client.get(path, params=ANN)
        item = told(bare)
        assert (item["revealed"], [text["signals"] for text in item["texts"]]) == (None, [None])
        shown = json.dumps({**item, "question": "", "choices": [], "id": "", "queue_id": ""} | {"texts": [
            {**text, "text": "", "tokens": []} for text in item["texts"]
        ]})  # fmt: skip
        assert not [word for word in TELLING if word in shown], shown
        kept = told(client.put(f"{path}/draft", json=body(item, LABELS)))
        assert told(client.get(path, params=ANN))["revealed"] is None, "a draft opens nothing"
        told(client.post(f"{path}/submit", json=body(item, LABELS, kept["version"])))
        after = told(client.get(path, params=ANN))
        assert after["revealed"]["method"] in ("self_consistency", "self_refine")
        assert after["texts"][0]["signals"]["verdict"] in ("correct", "incorrect")
        assert told(client.get(path, params={"annotator": "Bob"}))["revealed"] is None, "to Bob it is as before"
    rows = json.dumps([{**row, "id": ""} for row in listed["items"]])  # an id may spell anything
    assert not [word for word in TELLING if word in rows.replace("submitted", "")]


def test_a_queue_goes_through_its_life(client: TestClient) -> None:
    queue = built(client, blind=False, name="Life & <b>death</b>")
    found = told(client.get("/api/annotation/queues", params={"text": "LIFE"}))["items"]
    assert [(each["id"], each["owner"], each["suggestions"], each["filter"]["take"]) for each in found] == [
        (queue, True, True, "drafts")
    ]
    turn = told(client.get(f"/api/annotation/queues/{queue}/next", params=ANN))
    path = f"/api/annotation/items/{turn['item_id']}"
    item = told(client.get(path, params=ANN))
    assert item["revealed"]["reference"] == "B" and item["texts"][0]["signals"]["generation_id"]
    saved = told(client.put(f"{path}/draft", json=body(item, LABELS[:1])))
    assert (saved["version"], saved["state"], saved["item_id"]) == (1, "draft", None)
    assert "another window" in told(client.put(f"{path}/draft", json=body(item, LABELS)), 409)["error"]
    assert told(client.post(f"{path}/undo", json=ANN | {"base": 1}))["annotation"]["labels"] == []
    skipped = told(client.post(f"{path}/skip", json=ANN))
    assert skipped["progress"]["states"]["skipped"] == 1 and skipped["item_id"] != turn["item_id"]
    done = told(client.post(f"{path}/submit", json=body(item, LABELS)))
    assert done["item_id"] is not None and done["progress"]["states"]["submitted"] == 1
    told(client.post(f"{path}/submit", json=body(item, [*LABELS[:2], LABELS[2] | {"value": "right"}], 0, "Bob")))
    (disputed,) = told(client.get(f"/api/annotation/queues/{queue}/disagreements"))["items"]
    assert disputed["fields"] == ["outcome"]
    decision = {"labels": LABELS, "steps": body(item, [])["steps"], "note": "Ann is right."}
    assert told(client.post(f"{path}/adjudication", json=decision))["adjudications"][0]["note"] == "Ann is right."
    assert told(client.get(f"{path}/adjudication"))["item"]["annotation"]["version"] == 1
    assert told(client.get(f"/api/annotation/queues/{queue}/agreement"))["items"] == 1
    assert told(client.get(f"/api/annotation/queues/{queue}/annotators"))["total"] == 2
    joined = told(client.patch(f"/api/annotation/queues/{queue}", json={"name": "New", "join": {"name": "Cem"}}))
    assert (joined["name"], [each["annotator"] for each in joined["progress"]]) == ("New", ["Ann", "Bob", "Cem"])
    told(client.delete(f"/api/annotation/queues/{queue}"))
    assert "no such queue" in told(client.get(f"/api/annotation/queues/{queue}"), 400)["error"]
    told(client.post(f"/api/annotation/queues/{queue}/restore"))
    assert told(client.get(f"/api/annotation/queues/{queue}"))["adjudicated"] == 1


def test_schemas_and_choices_are_told_and_kept(client: TestClient) -> None:
    made = {"name": "Mine", "fields": [{"name": "good", "title": "Good?", "kind": "choice", "options": [
        {"value": "yes", "title": "Yes"}, {"value": "no", "title": "No"},
    ]}]}  # fmt: skip
    schema = told(client.post("/api/annotation/schemas", json=made))
    told(client.put(f"/api/annotation/schemas/{schema['id']}", json=made | {"name": "Yours"}))
    assert [each["name"] for each in told(client.get("/api/annotation/schemas"))["own"]] == ["Yours"]
    told(client.delete(f"/api/annotation/schemas/{schema['id']}"))
    assert told(client.get("/api/annotation/schemas"))["own"] == []
    assert "p_true" in told(client.get("/api/annotation/choices"))["scores"]
    assert told(client.post("/api/annotation/count", json={"take": "drafts", "n": 2})) == {"found": 4, "taken": 2}


@pytest.mark.parametrize(
    ("method", "path", "sent", "said"),
    [
        ("POST", "queues", b"{", "cannot be read"),
        ("POST", "queues", b'{"name": ""}', "name: String should have at least 1 character"),
        ("POST", "count", b'{"take": "odd"}', "take: Input should be"),
        ("POST", "count", b'{"evil": 1}', "evil: Extra inputs are not permitted"),
        ("POST", "count", b'{"entropy": NaN}', "entropy: Input should be a finite number"),
        ("POST", "count", b'"' + b"x" * 5_000_000 + b'"', "more than the 4 MB"),
        ("POST", "items/nothing/submit", b'{"annotator": "Ann"}', "no such item"),
        ("POST", "items/nothing/skip", b'{"annotator": "Ann"}', "no such item"),
        ("GET", "items/nothing?annotator=Ann", b"", "no such item"),
        ("GET", "items/nothing/adjudication", b"", "no such item"),
        ("GET", "queues/nothing", b"", "no such queue"),
        ("GET", "queues/nothing/agreement", b"", "no such queue"),
        ("DELETE", "queues/nothing", b"", "no such queue"),
        ("DELETE", "schemas/nothing", b"", "no such schema"),
    ],
)
def test_nonsense_is_told_in_a_sentence(client: TestClient, method: str, path: str, sent: bytes, said: str) -> None:
    answer = client.request(method, f"/api/annotation/{path}", content=sent)
    assert said in told(answer, 400)["error"]


def test_other_sites_change_nothing(client: TestClient) -> None:
    refused = client.post("/api/annotation/queues", json=QUEUE, headers={"origin": "https://evil.example"})
    assert refused.status_code == 403


def test_a_label_survives_a_kill(tmp_path: Path) -> None:
    """What was answered is on disk: the process is killed right after the answer to a draft."""
    port = free_port()
    with server(tmp_path, port) as (process, said):
        assert said == "ready"
        _fill(tmp_path)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
            queue = built(http, blind=False)
            rows = told(http.get(f"/api/annotation/queues/{queue}/items", params=ANN))["items"]
            first, second = [row["id"] for row in rows][:2]
            item = told(http.get(f"/api/annotation/items/{first}", params=ANN))
            told(http.post(f"/api/annotation/items/{first}/submit", json=body(item, LABELS)))
            item = told(http.get(f"/api/annotation/items/{second}", params=ANN))
            told(http.put(f"/api/annotation/items/{second}/draft", json=body(item, LABELS[:2])))
        process.kill()
        process.wait()
    with client_in(tmp_path) as client:  # the next server
        kept = [
            told(client.get(f"/api/annotation/items/{each}", params=ANN))["annotation"] for each in (first, second)
        ]
        assert [(each["state"], len(each["labels"]), each["seconds"]) for each in kept] == [
            ("submitted", 3, 2.5), ("draft", 2, 2.5),
        ]  # fmt: skip
        assert told(client.get(f"/api/annotation/queues/{queue}/next", params=ANN))["item_id"] == second


def _fill(folder: Path) -> None:
    """Store runs to be labelled, as another process that shares the database does."""

    async def fill() -> None:
        database = Database.open(Settings(data_dir=folder, cache_dir=folder).database_url)
        await database.write(store)
        await database.close()

    asyncio.run(fill())
