"""The password gate: who gets in, who does not, and how often one may guess."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from webapp.password import DAYS, GUESSES, UNAUTHORISED, WINDOW, PasswordGate

HTML = {"accept": "text/html,*/*"}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def page(request: Request) -> Response:
    return PlainTextResponse("inside")


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("inside")
    await socket.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> TestClient:
    app = Starlette(routes=[Route("/", page), Route("/compare", page), WebSocketRoute("/ws", echo)])
    return TestClient(PasswordGate(app, "correct horse é", clock), follow_redirects=False)


def login(client: TestClient, password: str, following: str = "/") -> Response:
    return client.post("/login", params={"next": following}, data={"password": password})  # type: ignore[return-value]


def test_without_a_session_pages_lead_to_the_login_and_everything_else_is_refused(client: TestClient) -> None:
    answer = client.get("/compare?runs=a,b", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fcompare%3Fruns%3Da%2Cb")
    assert "<form" in client.get("/login").text
    assert client.get("/").status_code == 401
    assert client.post("/", headers=HTML).status_code == 401
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/ws"):
        pass
    assert refused.value.code == UNAUTHORISED


def test_the_password_lets_in_and_leads_back(client: TestClient) -> None:
    answer = login(client, "correct horse é", "/compare?runs=a")
    assert (answer.status_code, answer.headers["location"]) == (303, "/compare?runs=a")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie
    assert client.get("/").text == "inside"
    with client.websocket_connect("/ws") as socket:
        assert socket.receive_text() == "inside"


def test_a_session_ends(client: TestClient, clock: Clock) -> None:
    login(client, "correct horse é")
    clock.now += DAYS * 86_400 + 1
    assert client.get("/").status_code == 401


@pytest.mark.parametrize("wrong", ["", "correct horse", "correct horse é ", "x" * 10_000])
def test_a_wrong_password_does_not(client: TestClient, wrong: str) -> None:
    assert "wrong=1" in login(client, wrong).headers["location"]
    assert client.get("/").status_code == 401


def test_a_forged_cookie_does_not(client: TestClient) -> None:
    client.cookies.set("second_thoughts", "forged")
    assert client.get("/").status_code == 401


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_the_login_never_leads_to_another_site(client: TestClient, elsewhere: str) -> None:
    assert login(client, "correct horse é", elsewhere).headers["location"] == "/"


def test_guessing_is_slowed_down_even_when_the_last_guess_is_right(client: TestClient, clock: Clock) -> None:
    for _ in range(GUESSES):
        login(client, "wrong")
    assert login(client, "correct horse é").status_code == 429
    clock.now += WINDOW + 1
    assert login(client, "correct horse é").headers["location"] == "/"


def test_an_address_of_ipv6_is_no_other_visitor_than_its_neighbours(clock: Clock) -> None:
    gate = PasswordGate(Starlette(), "correct horse é", clock)

    def guess(address: str, password: str = "wrong") -> int:
        browser = TestClient(gate, follow_redirects=False, client=(address, 5000))
        return login(browser, password).status_code

    assert {guess(f"2001:db8:0:1::{n}") for n in range(GUESSES)} == {303}
    assert guess("2001:db8:0:1:ffff:ffff:ffff:ffff", "correct horse é") == 429
    assert guess("2001:db8:0:2::1", "correct horse é") == 303
    assert {guess(f"::ffff:192.0.2.{n}") for n in range(GUESSES + 1)} == {303}
