"""Logging in by name: who gets in, as whom, for how long, and how often one may guess."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from storage.records import Person
from webapp.auth import person_of
from webapp.auth.hashes import Cost, hashed
from webapp.auth.people import Member, People, write_people
from webapp.gate import DAYS, GUESSES, LOOKS, UNAUTHORISED, WINDOW
from webapp.login import FROM_ONE_ADDRESS, LoginGate
from webapp.runs.request import BadRequest

CHEAP = Cost(16, 1, 1)
AWAY = "The database has been out of reach for 30 seconds."


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def member(name: str, password: str = "password") -> Member:
    return Member(id=f"id-{name}", name=name, password=hashed(password, CHEAP))


async def page(request: Request) -> Response:
    return PlainTextResponse(person_of(request).name)


async def socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(person_of(socket).name)
    await socket.close()


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a look for somebody who is not there cost as little as one for the others here."""
    monkeypatch.setattr("webapp.login._nobody", lambda: hashed("", CHEAP))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.json"
    write_people(path, People(members=(member("Ada"), member("Grace", "other word"))))
    return path


class Site:
    """The gate before a page that says who asks; `welcomed` are those who logged in."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self.welcomed: list[Person] = []
        self.away = False  # whether those who log in cannot be stored
        app = Starlette(routes=[Route("/", page), WebSocketRoute("/ws", socket)])
        self.gate = LoginGate(app, file, self._welcome, clock)

    async def _welcome(self, person: Person) -> None:
        if self.away:
            raise BadRequest(AWAY)
        self.welcomed.append(person)

    def browser(self) -> TestClient:
        return TestClient(self.gate, follow_redirects=False)


@pytest.fixture
def site(file: Path, clock: Clock) -> Iterator[Site]:
    yield Site(file, clock)


def login(browser: TestClient, name: str, password: str = "password") -> Response:
    return browser.post("/login", params={"next": "/?a=b"}, data={"name": name, "password": password})  # type: ignore[return-value]


def test_each_browser_is_who_logged_in_there(site: Site) -> None:
    ada, grace, nobody = site.browser(), site.browser(), site.browser()
    assert login(ada, "ada").headers["location"] == "/?a=b"
    assert login(grace, " Grace ", "other word").headers["location"] == "/?a=b"
    assert (ada.get("/").text, grace.get("/").text, nobody.get("/").status_code) == ("Ada", "Grace", 401)
    with ada.websocket_connect("/ws") as opened:
        assert opened.receive_text() == "Ada"
    with pytest.raises(WebSocketDisconnect) as refused, nobody.websocket_connect("/ws"):
        pass
    assert refused.value.code == UNAUTHORISED
    assert site.welcomed == [Person("id-Ada", "Ada"), Person("id-Grace", "Grace")]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    cookie = login(site.browser(), "Ada").headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie


@pytest.mark.parametrize(
    ("name", "password"), [("Ada", "other word"), ("Ada", ""), ("nobody", "password"), ("", ""), ("Ada", "x" * 9_000)]
)
def test_a_wrong_name_or_password_is_one_answer(site: Site, name: str, password: str) -> None:
    browser = site.browser()
    assert "wrong=1" in login(browser, name, password).headers["location"]
    assert browser.get("/").status_code == 401 and not site.welcomed


def test_a_ticket_cannot_be_made_or_changed(site: Site, file: Path) -> None:
    browser = site.browser()
    login(browser, "Ada")
    ticket = browser.cookies["second_thoughts"]
    forged = [
        ticket.replace("id-Ada", "id-Grace"), f"{ticket}x", ticket[:-1], "", "a.b.c", "....", "é" * 10,
        ticket.replace(ticket.split(".")[1], "9" * 12),
    ]  # fmt: skip
    for each in forged:
        answer = site.browser().get("/", headers={b"cookie": f"second_thoughts={each}".encode()})
        assert answer.status_code == 401, each


def test_a_ticket_outlives_the_process_but_not_its_days(site: Site, file: Path, clock: Clock) -> None:
    browser = site.browser()
    login(browser, "Ada")
    again = Site(file, clock).browser()
    again.cookies = browser.cookies
    assert again.get("/").text == "Ada"
    clock.now += DAYS * 86_400 + 1
    assert again.get("/").status_code == browser.get("/").status_code == 401


def test_who_logs_out_hands_the_ticket_back(site: Site) -> None:
    browser, thief = site.browser(), site.browser()
    login(browser, "Ada")
    thief.cookies.set("second_thoughts", browser.cookies["second_thoughts"])
    assert browser.get("/logout").status_code == 404, "a link must log nobody out"
    answer = browser.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "second_thoughts" not in browser.cookies
    assert thief.get("/").status_code == 401


def test_who_is_taken_out_of_the_file_or_gets_another_password_is_out(site: Site, file: Path) -> None:
    ada, grace = site.browser(), site.browser()
    login(ada, "Ada")
    login(grace, "Grace", "other word")
    people = People(key=site.gate._people().key, members=(member("Grace", "another word"),))
    write_people(file, people)
    assert ada.get("/").status_code == grace.get("/").status_code == 401
    assert login(grace, "Grace", "another word").headers["location"] == "/?a=b"
    file.unlink()
    assert grace.get("/").status_code == 401


def test_who_cannot_be_stored_is_told_why_and_let_in_later(site: Site) -> None:
    browser = site.browser()
    site.away = True
    for _ in range(GUESSES):
        answer = login(browser, "Ada")
        assert (answer.status_code, answer.text, "set-cookie" in answer.headers) == (503, AWAY, False)
    site.away = False
    assert login(browser, "Ada").status_code == 303, "a right password is no guess"


def test_guessing_is_slowed_down_by_name_and_by_address(site: Site, clock: Clock) -> None:
    browser = site.browser()
    for _ in range(GUESSES):
        login(browser, "Ada", "wrong")
    assert login(browser, "Ada").status_code == 429
    elsewhere = TestClient(site.gate, follow_redirects=False, client=("198.51.100.7", 5000))
    assert login(elsewhere, "ADA").status_code == 429, "guesses at a name count wherever they come from"
    assert login(elsewhere, "Grace", "other word").status_code == 303
    clock.now += WINDOW + 1
    assert login(browser, "Ada").headers["location"] == "/?a=b"


def test_guesses_from_one_address_at_many_names_are_slowed_down_too(site: Site) -> None:
    browser = site.browser()
    for n in range(FROM_ONE_ADDRESS):
        login(browser, f"nobody-{n}", "wrong")
    assert login(browser, "Ada").status_code == 429


async def test_guesses_at_once_are_not_all_let_pass(site: Site) -> None:
    transport = httpx.ASGITransport(site.gate)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as http:
        guesses = (http.post("/login", data={"name": "Ada", "password": f"wrong {n}"}) for n in range(3 * GUESSES))
        answers = [answer.status_code for answer in await asyncio.gather(*guesses)]
    assert answers.count(429) >= 2 * GUESSES - LOOKS
