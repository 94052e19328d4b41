"""Below a path: whether or not a proxy takes it away, and what the app says of its own places."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket

from webapp.password import PasswordGate
from webapp.prefix import Prefix
from webapp.routes.assets import STATIC

BASE = "http://lab.example"


async def page(request: Request) -> Response:
    return PlainTextResponse(f"{request.scope['path']}\n{request.scope['raw_path'].decode()}")


async def moved(request: Request) -> Response:
    return RedirectResponse(request.query_params["to"])


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(socket.url.path)
    await socket.close()


def app() -> Starlette:
    routes = [Route("/", page), Route("/moved", moved), Route("/{rest:path}", page), WebSocketRoute("/ws", echo)]
    return Starlette(routes=routes)


@pytest.fixture
def client() -> TestClient:
    return TestClient(Prefix(app(), "/lab/st"), base_url=BASE, follow_redirects=False)


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("/lab/st/library", "/library"), ("/library", "/library"), ("/lab/st/", "/"), ("/lab/st", "/"), ("/", "/"),
        ("/lab/station", "/lab/station"), ("/lab/st/lab/st/", "/lab/st/"), ("/lab/st/a%20b", "/a%20b"),
    ],
)  # fmt: skip
def test_the_app_sees_its_own_paths(client: TestClient, asked: str, seen: str) -> None:
    assert client.get(asked).text.splitlines() == [unquote(seen), seen]


@pytest.mark.parametrize("place", ["/lab/st/ws", "/ws"])
def test_sockets_too(client: TestClient, place: str) -> None:
    with client.websocket_connect(place) as socket:
        assert socket.receive_text() == "/ws"


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("/library", "/lab/st/library"), ("/?run=1#a", "/lab/st/?run=1#a"), ("library", "library"),
        (f"{BASE}/library", f"{BASE}/lab/st/library"), (f"{BASE}/lab/st/library", f"{BASE}/lab/st/library"),
        ("/lab/st/library", "/lab/st/library"), ("https://other.example/a", "https://other.example/a"),
        ("//other.example/a", "//other.example/a"),
    ],
)  # fmt: skip
def test_redirects_lead_below_the_path(client: TestClient, to: str, said: str) -> None:
    assert client.get("/moved", params={"to": to}).headers["location"] == said


def test_a_password_is_asked_for_and_given_below_the_path() -> None:
    client = TestClient(Prefix(PasswordGate(app(), "open sesame"), "/lab/st"), base_url=BASE, follow_redirects=False)
    asked = client.get("/lab/st/library?tag=a", headers={"accept": "text/html"})
    assert asked.headers["location"] == "/lab/st/login?next=%2Flibrary%3Ftag%3Da"
    given = client.post(asked.headers["location"], data={"password": "open sesame"})
    assert given.headers["location"] == "/lab/st/library?tag=a"
    assert "path=/lab/st;" in given.headers["set-cookie"].lower()
    assert client.get("/lab/st/library?tag=a").text.startswith("/library")
    assert client.get("/library", headers={"accept": "text/html"}).status_code == 303, "the cookie is not for others"


def scripts() -> list[Path]:
    return sorted(STATIC.glob("*.js"))


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.name)
def test_no_script_names_a_place_of_ours_from_the_root(script: Path) -> None:
    """`el`, `fetchJson` and `home` put the path in front; what bypasses them would leave the program."""
    code = script.read_text("utf-8")
    bypass = r"""(?:\bfetch|\bimport|new URL|new WebSocket|window\.open)\(\s*['"`]/|\.(?:href|src|action) = ['"`]/"""
    assert not re.search(bypass, code)
    assert not re.search(r"from '/", code)
