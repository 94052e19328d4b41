"""Foreign hosts, foreign origins, embedding, and the headers every answer carries."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from webapp.guard import FORBIDDEN, LOOPBACK, Guard


async def page(request: Request) -> Response:
    return PlainTextResponse("inside")


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("inside")
    await socket.close()


def client(hosts: frozenset[str] | None = LOOPBACK, base: str = "http://127.0.0.1:7860") -> TestClient:
    app = Starlette(routes=[Route("/", page, methods=["GET", "POST"]), WebSocketRoute("/ws", echo)])
    return TestClient(Guard(app, hosts), base_url=base)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost:7860", "LocalHost:1", "[::1]:7860", "localhost", "[::1]"]
)
def test_loopback_names_are_answered(host: str) -> None:
    assert client().get("/", headers={"host": host}).text == "inside"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "", "localhost:port", "user@localhost", "::1"],
)
def test_other_names_are_refused(host: str) -> None:
    answer = client().get("/", headers={"host": host})
    assert answer.status_code == 403
    assert "host name" in answer.text


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example", "null", "http://127.0.0.1:7861", "http://localhost:7860", "http://127.0.0.1",
        "http://127.0.0.1:7860.evil.example", "http://127.0.0.1:7860@evil.example", "file://", "",
    ],
)  # fmt: skip
def test_other_origins_are_refused_by_http_and_socket(origin: str) -> None:
    assert client().post("/", headers={"origin": origin}).status_code == 403
    socket = "ws://127.0.0.1:7860/ws"
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client().websocket_connect(socket, headers={"origin": origin}),
    ):
        pass
    assert refused.value.code == FORBIDDEN


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:7860", "http://127.0.0.1:7860"),
        ("[::1]:7860", "http://[::1]:7860"),
        ("localhost", "http://localhost"),
        ("localhost:80", "http://localhost"),
    ],
)
def test_the_own_origin_is_let_in(host: str, origin: str) -> None:
    assert client().post("/", headers={"host": host, "origin": origin}).text == "inside"
    with client().websocket_connect(f"ws://{host}/ws", headers={"origin": origin}) as socket:
        assert socket.receive_text() == "inside"


def test_a_client_that_is_no_browser_sends_no_origin() -> None:
    with client().websocket_connect("ws://localhost/ws") as socket:
        assert socket.receive_text() == "inside"


def test_links_from_elsewhere_open_but_nothing_is_embedded_or_fetched() -> None:
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    image = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert client().get("/", headers=link).status_code == 200
    assert client().get("/", headers=image).status_code == 403


def test_beyond_loopback_any_name_answers_but_only_to_its_own_origin() -> None:
    anywhere = client(None, "https://lab.example")
    assert anywhere.post("/", headers={"origin": "https://lab.example"}).text == "inside"
    assert anywhere.post("/", headers={"origin": "https://evil.example"}).status_code == 403


def test_behind_a_proxy_that_ends_tls_the_port_of_the_origin_is_its_schemes() -> None:
    proxied = client(None, "http://lab.example")  # the proxy passes the host on, but speaks http to us
    assert proxied.post("/", headers={"origin": "https://lab.example"}).text == "inside"


def test_a_socket_under_another_name_is_refused() -> None:
    with pytest.raises(WebSocketDisconnect) as refused, client().websocket_connect("ws://evil.example/ws"):
        pass
    assert refused.value.code == FORBIDDEN


@pytest.mark.parametrize("headers", [{}, {"host": "evil.example"}])
def test_every_answer_carries_the_protective_headers(headers: dict[str, str]) -> None:
    answer = client().get("/", headers=headers)
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
