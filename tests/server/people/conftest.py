"""The whole app with log-ins: Ada, whose things are private, and Bob, who would like to see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from starlette.testclient import TestClient

from storage.records import Person, StoredRun
from tests.experiments.grids import arm, problems, spec
from tests.runs.following import asked
from tests.runs.puppet import Puppet
from tests.server.conftest import BASE, services_in
from webapp.auth.hashes import Cost, hashed
from webapp.auth.people import Member, People, write_people
from webapp.engine.protocol import Prompt
from webapp.experiments.service import ExperimentService
from webapp.pages import build
from webapp.runs.recorded import Recordings
from webapp.runs.services import Services
from webapp.server import bare_app, mount_pages, protect

MARK = "quokka"  # in everything that Ada has written, been answered or named
PASSWORD = "password"
NO_EXAMPLE = "self_refine"  # a method of which no example comes with the program here, so that Ada's run is it
ADA, BOB = Person("ada", "Ada"), Person("bob", "Bob")


def script(prompt: Prompt, sample: int) -> str:
    return f"A {MARK} says so. Answer: 0"


class Visitor:
    """A browser that has logged in; all share the client whose event loop runs the app."""

    def __init__(self, client: TestClient, person: Person) -> None:
        client.cookies.clear()
        form = {"name": person.name, "password": PASSWORD}
        answer = client.post("/login", data=form, follow_redirects=False)
        self.headers = {"cookie": answer.headers["set-cookie"].partition(";")[0]}
        client.cookies.clear()
        self.person = person
        self.client = client

    def ask(self, method: str, path: str, **options: Any) -> Any:
        return self.client.request(method, path, headers=self.headers, **options)

    def trigger(self, number: int, data: list[Any], event: Mapping[str, Any] | None = None, query: str = "") -> Any:
        """Call a handler of a page as its script does, with whatever event data."""
        body = {"data": data, "event_data": event, "fn_index": number, "session_hash": "s", "trigger_id": None}
        return self.ask("POST", f"/gradio_api/run/predict{query}", json=body)


@dataclass(frozen=True)
class House:
    """The app, who visits it, and the ids of Ada's things by what they are."""

    client: TestClient
    services: Services
    experiments: ExperimentService
    site: gr.Blocks
    ada: Visitor
    bob: Visitor
    things: Mapping[str, str]

    def call(self, function: Any, *values: Any) -> Any:
        """Run a coroutine function on the app's event loop."""
        assert self.client.portal is not None
        return self.client.portal.call(function, *values)

    @property
    def nothing(self) -> Mapping[str, str]:
        """Return as many ids of nothing."""
        return {name: f"nothing-{place:02}" for place, name in enumerate(self.things)}

    def anonymous(self, text: str) -> str:
        """Return a text without all these ids."""
        for key in (*self.things.values(), *self.nothing.values()):
            text = text.replace(key, "...")
        return text

    def handlers(self) -> dict[int, str]:
        """Return the name of what answers each event of the pages, by its number."""
        return {number: fn.fn.__qualname__ for number, fn in self.site.fns.items() if fn.fn is not None}

    def kept(self) -> object:
        """Return all that is stored of Ada's things, to be compared."""

        async def read() -> object:
            library = self.services.library.of(ADA)
            page = await library.search(limit=200)
            runs: list[StoredRun | None] = [await library.load(row.id) for row in page.items]
            records = [(run.run, run.generations, run.scores) for run in runs if run]
            standing = await self.experiments.standing(self.things["experiment"])
            default = await self.services.persons.default_session(ADA)
            sessions = [await library.session(key) for key in (self.things["session"], self.things["deleted"])]
            return records, sessions, standing.experiment, standing.cells, default

        return self.call(read)


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with furnished(tmp_path_factory.mktemp("house")) as made:
        yield made


@contextmanager
def furnished(folder: Path) -> Iterator[House]:
    """Start the app with all that Ada has."""
    file = folder / "people.json"
    cheap = hashed(PASSWORD, Cost(16, 1, 1))
    write_people(file, People(members=tuple(Member(id=p.id, name=p.name, password=cheap) for p in (ADA, BOB))))
    services = services_in(folder, Puppet(script=script), auth_file=file)
    app = bare_app(services)
    site = build(services, app.state.experiments)
    mount_pages(app, site)
    protect(app, services.settings)
    with _withheld(NO_EXAMPLE), TestClient(app, base_url=BASE) as client:
        ada, bob = Visitor(client, ADA), Visitor(client, BOB)
        assert client.portal is not None
        things = client.portal.call(_furnished, services, app.state.experiments)
        things |= _annotated(ada, things)
        yield House(client, services, app.state.experiments, site, ada, bob, things)


@contextmanager
def _withheld(method: str) -> Iterator[None]:
    """Let the program come without an example of a method."""
    example = Recordings._example
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Recordings, "_example", lambda self, name: None if name == method else example(self, name))
        yield


async def _furnished(services: Services, experiments: ExperimentService) -> dict[str, str]:
    """Make Ada a session with a run, another one that is deleted, and an experiment that is finished."""
    library = services.library.of(ADA)
    asking = [asked(method, f"Which {MARK}?") for method in ("p_true", NO_EXAMPLE)]
    run, other = await services.runs.launch(asking, person=ADA.id)
    await services.runs.wait(run)
    await services.runs.wait(other)
    session = ((await library.run(run)) or _missing()).session_id
    await library.rename_run(run, f"The {MARK}")
    await library.set_run_tags(run, [MARK])
    await library.set_session_notes(session, f"About a {MARK}")
    await library.set_session_tags(session, [MARK])
    gone = await library.create_session(f"Deleted {MARK}")
    await library.delete_session(gone.id)
    grid = spec(arm(1, "self_consistency", MARK), name=f"A grid of {MARK}")
    experiment = await experiments.create(grid, problems(2), person=ADA.id)
    await experiments.start(experiment)
    await experiments.wait(experiment)
    text = (await library.generations(run))[0].id
    return {
        "session": session,
        "run": run,
        "other": other,
        "text": text,
        "experiment": experiment,
        "deleted": gone.id,
    }


def _annotated(ada: Visitor, things: Mapping[str, str]) -> dict[str, str]:
    """Make Ada a schema, and a queue of her run with labels."""
    asked = {"name": MARK, "fields": [{"name": "note", "title": MARK, "kind": "text"}]}
    schema = ada.ask("POST", "/api/annotation/schemas", json=asked).json()["id"]
    made = {
        "name": MARK, "schema_id": schema, "filter": {"sessions": [things["session"]], "take": "drafts"},
        "annotators": [{"name": MARK}],
    }  # fmt: skip
    queue = ada.ask("POST", "/api/annotation/queues", json=made).json()["id"]
    listed = ada.ask("GET", f"/api/annotation/queues/{queue}/items", params={"annotator": MARK}).json()
    item = ada.ask("GET", f"/api/annotation/items/{listed['items'][0]['id']}", params={"annotator": MARK}).json()
    labels = {
        "annotator": MARK, "base": 0, "steps": [text["steps"] for text in item["texts"]],
        "labels": [{"field": "note", "value": MARK}], "seconds": 1.0,
    }  # fmt: skip
    assert ada.ask("POST", f"/api/annotation/items/{item['id']}/submit", json=labels).status_code == 200
    return {"schema": schema, "queue": queue, "item": item["id"]}


def _missing() -> Any:
    raise AssertionError("the run is not stored")
