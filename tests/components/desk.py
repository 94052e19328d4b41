"""A server with the real annotation routes over a small store, and the labelling desk as a person uses it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import uvicorn
from playwright.async_api import Locator, Page, expect
from sqlalchemy.orm import Session as OrmSession

from storage.database import Database
from storage.repositories import generations, runs
from tests.annotation.stored import store, traced
from tests.components.hostile import HOSTILE
from tests.runs.puppet import Puppet
from tests.server.conftest import services_in
from tests.storage import making
from webapp.components.annotate_view import AnnotateView
from webapp.server import bare_app, mount_pages
from webapp.settings import Settings

STEPPED = {"take": "first", "methods": ["self_refine"]}  # one item: four steps, a trace, a suggestion
EVERY = {"take": "drafts", "methods": ["self_consistency", "self_refine"]}  # four items
PAIR = {"take": "revision_pair", "methods": ["self_refine"]}
NASTY = {"take": "first", "methods": ["nasty"]}


def fill(s: OrmSession) -> None:
    """Store what the annotation tests label, and a run of hostile text."""
    store(s)
    plain: dict[str, Any] = {"input_run": None, "branch_of": None, "oracle": False}
    problem = replace(making.PROBLEM, id="nasty", question=HOSTILE)
    runs.add(s, making.run("nasty", method="nasty", problem=problem, **plain))
    text = f"Step 1: {HOSTILE}\nStep 2: so {HOSTILE}"
    more: dict[str, Any] = {"role": "draft", "round": 0, "branch": 0, "parents": (), "spans": (), "copied_from": None}
    trace = traced(text, 0.5, 0.5, "")
    generations.save(s, making.generation("n0", run_id="nasty", text=text, ordinal=0, summary=None, **more), trace)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the page `/annotate` over a database of its own; yield the address."""

    async def filled() -> None:
        database = Database.open(Settings(data_dir=folder, cache_dir=folder).database_url)
        await database.write(fill)
        await database.close()

    asyncio.run(filled())
    services = services_in(folder, Puppet())
    with gr.Blocks(title="desk") as demo:
        gr.Textbox(label="Elsewhere", elem_id="elsewhere")
        AnnotateView(elem_id="annotate-view")
    app = bare_app(services)
    mount_pages(app, demo)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


class Desk:
    """The desk of one queue in a page."""

    def __init__(self, page: Page, queue: dict[str, Any], annotator: str) -> None:
        self.page = page
        self.queue = queue["id"]
        self.annotator = annotator

    @property
    def steps(self) -> Locator:
        return self.page.locator(".st-step")

    @property
    def told(self) -> Locator:
        return self.page.locator(".st-told")

    async def open(self, query: str = "") -> None:
        """Open the desk and wait for its first item, or for the end."""
        await visit(self.page, f"/?queue={self.queue}&as={self.annotator}{query}")

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def saved(self) -> None:
        """Wait until the server has everything."""
        await self.page.wait_for_selector(".st-desk[data-saved=true]:not([data-busy])")

    async def item(self, place: int = 0) -> dict[str, Any]:
        """Return an item as the server has it."""
        rows = await self.get(f"queues/{self.queue}/items?annotator={self.annotator}")
        return await self.get(f"items/{rows['items'][place]['id']}?annotator={self.annotator}")

    async def labels(self, place: int = 0, *, of: str | None = None) -> list[tuple[Any, ...]]:
        """Return the labels that the server has of an item: (field, step, value), or of one field (step, value)."""
        said = (await self.item(place))["annotation"]["labels"]
        rows = [(each["field"], each["step"], each["value"]) for each in said if each["confirmed"]]
        return rows if of is None else [row[1:] for row in rows if row[0] == of]

    async def get(self, path: str) -> Any:
        return await (await self.page.request.get(f"/api/annotation/{path}")).json()

    async def send(self, method: str, path: str, body: Any) -> Any:
        """Do what another window would."""
        answer = await self.page.request.fetch(f"/api/annotation/{path}", method=method, data=body)
        assert answer.ok, await answer.text()
        return await answer.json()


async def build(page: Page, schema: str, wanted: dict[str, Any], *names: str, **more: Any) -> Desk:
    """Make a queue; the desk is that of the first annotator."""
    annotators = [{"name": name} for name in names or ("Ann",)]
    body = {"name": "Q", "schema_id": schema, "filter": wanted, "annotators": annotators, "overlap": len(annotators)}
    answer = await page.request.post("/api/annotation/queues", data=body | more)
    assert answer.ok, await answer.text()
    return Desk(page, await answer.json(), annotators[0]["name"])


async def ready(desk: Desk) -> Desk:
    """Open a desk and wait for its text."""
    await desk.open()
    await expect(desk.steps.first).to_be_visible()
    return desk


# Goes to an address of the page as the Back button would, and waits until the page has looked at it.
MOVE = """(path) => new Promise((done) => {
  const view = document.querySelector('[data-loaded]');
  new MutationObserver((_, all) => { all.disconnect(); done(); }).observe(view, {attributeFilter: ['data-loaded']});
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
})"""


async def visit(page: Page, path: str) -> None:
    """Go to an address of the page; scripts are loaded the first time only."""
    if page.url == "about:blank":
        await page.goto(path)
        await page.wait_for_selector("[data-loaded]")
    else:
        await page.evaluate(MOVE, path)
