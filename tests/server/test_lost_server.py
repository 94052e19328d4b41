"""A database server that is gone: every way in says so in a sentence, and works again afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from storage import outage
from tests.postgres import Cluster
from tests.postgres import database as made
from tests.runs.puppet import Puppet
from tests.server.conftest import BASE, services_in
from webapp.routes.runs import NO_SUCH_RUN, TRY_AGAIN
from webapp.server import bare_app


@pytest.fixture
def client(server: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(outage, "PATIENCE", 0.1)
    with made(server) as place:
        monkeypatch.setenv("SECOND_THOUGHTS_DATABASE", place)
        with TestClient(bare_app(services_in(tmp_path, Puppet())), base_url=BASE) as client:
            yield client


def closed(client: TestClient) -> int:
    """Return how the socket of a run that is not there is closed."""
    with client.websocket_connect("ws://127.0.0.1:7860/api/runs/none/events") as socket:
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
        return closed.value.code


def test_lists_and_sockets_say_so_and_work_again(server: Cluster, client: TestClient) -> None:
    assert client.get("/api/library").json() == {"items": [], "total": 0}
    server.stop()
    try:
        for path in ("/api/library", "/api/runs/none", "/api/experiments"):
            answer = client.get(path)
            assert answer.status_code in (400, 503) and "has been out of reach" in answer.json()["error"], path
        assert closed(client) == TRY_AGAIN
    finally:
        server.start()
    assert client.get("/api/library").json() == {"items": [], "total": 0}
    assert closed(client) == NO_SUCH_RUN
