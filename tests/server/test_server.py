"""The app as a whole: what it serves, and the traps of a mounted Gradio app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette import status
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.runs.following import asked
from tests.server.conftest import BASE
from webapp.auth import LOCAL
from webapp.guard import FORBIDDEN
from webapp.routes.runs import NO_SUCH_RUN
from webapp.runs.recorded import Recordings
from webapp.runs.services import Services

SOCKETS = BASE.replace("http", "ws")  # the test client would ask for another host
EVIL = {"origin": "http://evil.example"}


def launched(
    client: TestClient, services: Services, question: str = "Which?", method: str = "self_consistency", **fields: Any
) -> str:
    """Start a run on the app's event loop and wait until it is stored."""
    assert client.portal is not None

    async def run() -> str:
        (run_id,) = await services.runs.launch([asked(method, question, **fields)], person="local")
        await services.runs.wait(run_id)
        return run_id

    return client.portal.call(run)


def messages(client: TestClient, path: str) -> list[dict[str, Any]]:
    """Return all messages of a socket until the server closes it."""
    received: list[dict[str, Any]] = []
    with client.websocket_connect(SOCKETS + path) as socket, pytest.raises(WebSocketDisconnect) as closed:
        while True:
            received.append(socket.receive_json())
    assert closed.value.code == 1000
    return received


def test_a_runs_events_come_over_the_socket_and_resume(client: TestClient, services: Services) -> None:
    run_id = launched(client, services)
    batches = messages(client, f"/api/runs/{run_id}/events")
    events = [event for batch in batches for event in batch["events"]]
    assert (events[0]["type"], events[-1]["type"]) == ("run_opened", "run_finished")
    assert events[-1]["status"] == "finished"
    epoch = batches[0]["epoch"]
    rest = messages(client, f"/api/runs/{run_id}/events?after={len(events) - 1}&epoch={epoch}")
    assert [event["type"] for batch in rest for event in batch["events"]] == ["run_finished"]
    again = messages(client, f"/api/runs/{run_id}/events?after=3&epoch=another")
    assert again[0]["seq"] == 1


@pytest.mark.parametrize("speed", ["1000", "inf", "1e300"])
def test_a_run_is_replayed_over_the_socket(client: TestClient, services: Services, speed: str) -> None:
    run_id = launched(client, services)
    events = [e for b in messages(client, f"/api/runs/{run_id}/events?speed={speed}") for e in b["events"]]
    assert (events[0]["type"], events[-1]["type"]) == ("run_opened", "run_finished")


def test_an_unknown_run_closes_the_socket_with_its_own_code(client: TestClient) -> None:
    path = "/api/runs/nothing/events"
    with client.websocket_connect(SOCKETS + path) as socket, pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_json()
    assert closed.value.code == NO_SUCH_RUN
    assert client.get("/api/runs/nothing").status_code == 404


@pytest.mark.parametrize("query", ["after=-1", "after=x", "speed=0", "speed=-1", "speed=x"])
def test_a_socket_asked_for_nonsense_is_refused(client: TestClient, query: str) -> None:
    path = f"{SOCKETS}/api/runs/x/events?{query}"
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect(path) as socket:
        socket.receive_json()
    assert refused.value.code == status.WS_1008_POLICY_VIOLATION


def test_a_run_is_summarised_without_its_traces(client: TestClient, services: Services) -> None:
    run_id = launched(client, services)
    summary = client.get(f"/api/runs/{run_id}").json()
    assert summary["run"]["id"] == run_id
    assert summary["run"]["status"] == "finished"
    assert {g["text"] for g in summary["generations"]} >= {"Answer: 0"}


def test_a_summary_says_of_every_stretch_who_wrote_it(client: TestClient, services: Services) -> None:
    settings = {"samples": 1, "first_boundary": 3, "trigger": " So? ", "max_tokens": 20}
    run_id = launched(client, services, method="iterative_deepening", params=settings)
    *_, last = client.get(f"/api/runs/{run_id}").json()["generations"]
    stretches = [(last["text"][s["start"] : s["end"]], s["origin"]) for s in last["spans"]]
    assert (" So? ", "injected") in stretches and ("Ans", "model") in stretches
    assert "".join(text for text, _ in stretches) == last["text"]


def test_what_a_runs_scores_show_is_told(client: TestClient, services: Services) -> None:
    run_id = launched(client, services)
    [table] = client.get(f"/api/runs/{run_id}/evidence").json()
    assert (table["title"], table["figure"]) == ("Texts and scores", None)
    heads = [column["head"] for column in table["table"]["columns"]]
    texts = client.get(f"/api/runs/{run_id}").json()["generations"]
    told = [(row[heads.index("Sample")], row[heads.index("Answer")]) for row in table["table"]["rows"]]
    assert told == [(text["branch"], text["answer"]) for text in texts]
    assert client.get("/api/runs/nothing/evidence").status_code == 404


def test_what_a_methods_calls_look_like_is_told(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    told = client.get("/api/methods/rci/calls").json()
    roles = [call["role"] for call in told["calls"]]
    assert told["run"]["example"] and roles[:2] == ["draft", "critique"] and roles[-1] == "revision"
    assert told["calls"][1]["parents"] == [told["calls"][0]["id"]]
    monkeypatch.setattr(Recordings, "_example", lambda recordings, method: None)
    assert client.get("/api/methods/self_refine/calls").json() is None
    assert client.get("/api/methods/nothing/calls").status_code == 404
    assert {method["name"] for method in client.get("/api/methods").json()} >= {"rci", "self_refine"}


def test_the_library_is_listed_searched_and_paged(client: TestClient, services: Services) -> None:
    older, newer = launched(client, services, "How many legs?"), launched(client, services, "How many Legs, then?")
    assert [item["id"] for item in client.get("/api/library?text=LEGS").json()["items"]] == [newer, older]
    assert client.get("/api/library?text=nowhere").json() == {"items": [], "total": 0}
    page = client.get("/api/library?text=legs&offset=1&limit=1").json()
    assert ([item["id"] for item in page["items"]], page["total"]) == ([older], 2)
    (session,) = client.get("/api/library/sessions?text=legs, then").json()["items"]
    assert (session["name"], session["runs"]) == ("How many Legs, then?", 1)
    for query in ("limit=0", "offset=-1", f"offset={2**63}"):  # the last is more than a database counts to
        assert client.get(f"/api/library?{query}").status_code == 422


def test_a_session_is_exported_as_a_file_that_imports_again(
    client: TestClient, services: Services, tmp_path: Path
) -> None:
    run_id = launched(client, services, "What is exported?")
    session = client.get(f"/api/runs/{run_id}").json()["run"]["session_id"]
    answer = client.get(f"/api/sessions/{session}/export")
    assert 'filename="What-is-exported.stz"' in answer.headers["content-disposition"]
    file = tmp_path / "again.stz"
    file.write_bytes(answer.content)
    assert client.portal is not None
    imported = client.portal.call(lambda: services.library.of(LOCAL).import_session(file))
    assert imported != session
    assert client.get("/api/library?text=exported").json()["total"] == 2
    assert client.get("/api/sessions/nothing/export").status_code == 404


def test_what_can_be_chosen_is_told(client: TestClient) -> None:
    model = client.get("/api/model").json()
    assert model["status"]["state"] == "ready"
    assert model["model"]["record"]["id"] == "puppet"
    assert model["recommended"][0]["licence"]
    assert "self_consistency" in {method["name"] for method in client.get("/api/methods").json()}
    assert client.get("/api/problems").json()[0]["problem"]["question"]


def test_assets_are_served_and_asked_about_each_time(client: TestClient) -> None:
    answer = client.get("/client/stream.js")
    assert answer.status_code == 200 and "javascript" in answer.headers["content-type"]
    assert answer.headers["cache-control"] == "no-cache"
    unchanged = client.get("/client/stream.js", headers={"if-none-match": answer.headers["etag"]})
    assert (unchanged.status_code, unchanged.headers["cache-control"]) == (304, "no-cache")
    assert "plotly.js v" in client.get("/client/plotly.min.js").text[:500]
    assert client.get("/client/../server.py").status_code == 404
    assert client.get("/client/%2e%2e/run_view.py").status_code == 404


def test_nothing_describes_the_api_by_itself(client: TestClient) -> None:
    for path in ("/docs", "/redoc", "/openapi.json", "/gradio_api/openapi.json"):
        assert client.get(path).status_code == 404, path


def test_the_page_is_served_under_the_policy(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/"),
        ("get", "/config"),
        ("get", "/api/library"),
        ("post", "/gradio_api/upload"),
        ("post", "/gradio_api/component_server"),
        ("post", "/gradio_api/run/private_echo"),
        ("post", "/gradio_api/queue/join"),
    ],
)
def test_other_sites_reach_nothing(client: TestClient, method: str, path: str) -> None:
    for origin in ("http://evil.example", "null"):
        assert client.request(method, path, headers={"origin": origin}).status_code == 403
    assert client.request(method, path, headers={"host": "evil.example"}).status_code == 403
    answer = client.request(method, path, headers={"host": "evil.example", **EVIL})
    assert "access-control-allow-origin" not in answer.headers


def test_other_sites_open_no_socket(client: TestClient) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect(f"{SOCKETS}/api/runs/x/events", headers=EVIL),
    ):
        pass
    assert refused.value.code == FORBIDDEN


@pytest.mark.parametrize("endpoint", ["public_echo", "private_echo"])
def test_a_mounted_app_hands_out_no_file_of_the_server(client: TestClient, tmp_path: Path, endpoint: str) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text("canary")
    forged = {"path": str(canary), "meta": {"_type": "gradio.FileData"}}
    answer = client.post(f"/gradio_api/run/{endpoint}", json={"data": [forged]})
    assert answer.status_code >= 400 or "canary" not in answer.text.replace(str(canary), "")
    started = client.post(f"/gradio_api/call/{endpoint}", json={"data": [forged]})
    if started.status_code == 200:
        told = client.get(f"/gradio_api/call/{endpoint}/{started.json()['event_id']}").text
        assert "event: error" in told
    assert client.get(f"/gradio_api/file={canary}").status_code in (403, 404)


def test_uploads_are_limited(client: TestClient) -> None:
    assert client.get("/config").json()["max_file_size"] == 256 * 2**20


def test_no_tab_holds_a_connection_and_nothing_is_kept_by_the_browser(client: TestClient) -> None:
    config = client.get("/config").json()
    assert config["connect_heartbeat"] is False
    assert not config.get("run_history")


def test_evidence_of_p_ik_says_what_it_would_learn_from(client: TestClient, services: Services) -> None:
    run_id = launched(client, services, method="p_ik")
    *_, known = client.get(f"/api/runs/{run_id}/evidence").json()
    assert known["title"].startswith("P(IK)") and "There are 0:" in known["reading"]
