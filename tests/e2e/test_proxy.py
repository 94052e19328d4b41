"""Behind nginx, as the README has it: TLS, a path, a password, pages and sockets through all of it."""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.explore import Explore
from tests.e2e.program import ROOT, Program, free_port
from tests.e2e.proxy import NAME, nginx, snippet
from tests.parts import CHROMIUM_FLAGS, chromium, require
from tests.postgres import Cluster, database
from webapp.settings import ENVIRONMENT_PREFIX, read_settings

PASSWORD = "two heads are better"


class Guarded(Program):
    """A program that asks for a password."""

    def json(self, path: str) -> Any:
        """Log in, and be led to one of the program's own routes."""
        form = urlencode({"password": PASSWORD}).encode()
        opener = build_opener(HTTPCookieProcessor())
        with opener.open(f"{self.url}/login?{urlencode({'next': path})}", form, timeout=20) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def place(embedded_model: Path, tmp_path_factory: pytest.TempPathFactory, server: Cluster) -> Iterator[str]:
    """Return where the proxy shows a program, which stores in a server."""
    options = [*shlex.split(_service("ExecStart"))[2:], "--password", PASSWORD]
    folder = tmp_path_factory.mktemp("program")
    with database(server) as stored, contextlib.ExitStack() as running:
        program = Guarded(folder, embedded_model, "--database", stored, *options)
        place = running.enter_context(nginx(tmp_path_factory.mktemp("nginx"), program.port, free_port()))
        program.start()
        yield place
        program.stop()


@pytest.fixture
def visitor(browser: Browser, place: str) -> Iterator[Page]:
    """Return a page of a visitor for whom the proxy's name is this machine; what goes wrong in it fails the test."""
    rules = f"--host-resolver-rules=MAP {NAME} 127.0.0.1"
    elsewhere = browser.browser_type.launch(executable_path=chromium(), args=[*CHROMIUM_FLAGS, rules])
    page = elsewhere.new_page(ignore_https_errors=True, viewport={"width": 1440, "height": 1000})
    page.set_default_timeout(30_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("response", lambda answer: wrong.append(answer.url) if answer.status >= 400 else None)
    page.on(
        "request", lambda asked: None if asked.url.startswith((place, "data:", "blob:")) else wrong.append(asked.url)
    )
    page.on("websocket", lambda socket: None if _below(socket.url, place) else wrong.append(socket.url))
    page.goto(place)
    yield page
    elsewhere.close()
    assert not wrong


def _below(socket: str, place: str) -> bool:
    return socket.startswith(place.replace("https://", "wss://"))


def _service(setting: str) -> str:
    [found] = [line.partition("=")[2] for line in snippet("ini").splitlines() if line.startswith(f"{setting}=")]
    return found


def test_a_visitor_logs_in_runs_something_and_walks_through_the_pages(visitor: Page, place: str) -> None:
    page = visitor
    expect(page).to_have_url(f"{place}login?next=%2F")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(place)
    [cookie] = [each for each in page.context.cookies() if each["name"] == "second_thoughts"]
    assert cookie["secure"] and cookie["path"] == "/second-thoughts" and cookie["httpOnly"]
    explore = Explore(page)
    explore.ask("Name a colour.", max_tokens=8, samples=2)
    [run] = explore.started()
    explore.done()
    expect(explore.column(run)).to_contain_text("Finished")
    page.get_by_role("link", name="Library").click()
    page.wait_for_url(f"{place}library")
    page.locator(f"#library-view .st-item[data-run='{run}']").get_by_role("link", name="Open", exact=True).click()
    page.wait_for_url(f"{place}?run={run}")
    Explore(page).done()
    for name in ("compare", "experiments", "methods"):
        page.goto(f"{place}{name}")
        expect(page.get_by_role("link", name=name.capitalize())).to_be_visible()
        page.wait_for_load_state("networkidle")


def test_the_service_s_options_are_options_and_it_needs_a_way_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in shlex.split(_service("Environment")):
        name, _, value = setting.partition("=")
        monkeypatch.setenv(name, value)
    command = shlex.split(_service("ExecStart"))
    assert command[1] == "app.py" and (ROOT / command[1]).is_file()
    monkeypatch.setenv(f"{ENVIRONMENT_PREFIX}PASSWORD", PASSWORD)
    settings = read_settings(command[2:])
    assert settings.root_path == "/second-thoughts" and settings.allowed_hosts == {NAME}
    assert str(settings.data_dir) == f"/var/lib/{_service('StateDirectory')}"
    assert str(settings.cache_dir) == f"/var/cache/{_service('CacheDirectory')}"


def test_systemd_takes_the_service(tmp_path: Path) -> None:
    require(shutil.which("systemd-analyze") is not None, "there is no systemd", "apt-get install systemd")
    unit = tmp_path / "second-thoughts.service"
    lines = snippet("ini").replace(_service("ExecStart"), "/bin/true").replace("User=second-thoughts\n", "")
    unit.write_text(lines)
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", str(unit)], capture_output=True, text=True
    )
    assert checked.returncode == 0 and unit.name not in checked.stderr, checked.stderr
