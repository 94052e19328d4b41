"""Every route of the app, asked by Bob for what is Ada's: it answers as if that were not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.routing import BaseRoute
from starlette.websockets import WebSocketDisconnect

from tests.server.conftest import BASE
from tests.server.people.conftest import MARK, NO_EXAMPLE, House, Visitor
from webapp.routes.runs import NO_SUCH_RUN
from webapp.runs.access import ONLY_READ

LABELS = {"annotator": "{mark}", "labels": [], "steps": [], "seconds": 1.0, "base": 0}
ITEM = {"annotator": "{mark}", "base": 0}
SCHEMA = {"name": "Mine", "fields": [{"name": "note", "title": "Note", "kind": "text"}]}
ANNOTATOR = "annotator={mark}"
MADE = "builder=graded&format=sft"
COMPARED = ("runs={run}", "sessions={session}", "experiment={experiment}")


@dataclass(frozen=True)
class Case:
    """What a route is asked: queries and a body, in whose braces ids are put. `open_to` whoever owns the ids."""

    queries: Sequence[str] = ("",)
    body: Mapping[str, Any] | None = None
    own: bool = True  # whether Ada is answered with what is hers


WORDS = {"mark": MARK, "name": NO_EXAMPLE}
NOTHING = Case(own=False)  # what it tells is no person's
CASES: dict[tuple[str, str], Case] = {
    ("GET", "/api/experiments"): Case(("", "deleted=true", "text={mark}")),
    ("GET", "/api/experiments/{experiment_id}"): Case(),
    ("GET", "/api/experiments/{experiment_id}/cells"): Case(("", "state=done")),
    ("GET", "/api/experiments/{experiment_id}/export"): Case(("format=csv", "format=jsonl", "format=parquet")),
    ("WEBSOCKET", "/api/runs/{run_id}/events"): Case(),
    ("GET", "/api/runs/{run_id}"): Case(),
    ("GET", "/api/runs/{run_id}/evidence"): Case(),
    ("GET", "/api/library"): Case(("", "session={session}", "tag={mark}", "text={mark}", "deleted=true")),
    ("GET", "/api/library/sessions"): Case(("", "text={mark}", "deleted=true")),
    ("GET", "/api/sessions/{session_id}/export"): Case(),
    ("GET", "/api/methods"): NOTHING,
    ("GET", "/api/methods/{name}/calls"): Case(),
    ("GET", "/api/model"): NOTHING,
    ("GET", "/api/problems"): NOTHING,
    ("GET", "/api/person"): NOTHING,
    ("POST", "/api/servers/models"): NOTHING,
    ("POST", "/api/servers/use"): NOTHING,
    ("GET", "/api/texts/{text_id}/rules"): Case(("index=0",)),
    ("GET", "/api/texts/{text_id}/rules/along"): Case(),
    ("GET", "/api/texts/aligned"): Case(("first={text}&second={text}",)),
    ("GET", "/api/comparison"): Case(COMPARED),
    ("GET", "/api/comparison/texts"): Case(COMPARED),
    ("GET", "/api/comparison/problems"): Case(COMPARED),
    ("GET", "/api/comparison/report"): Case(COMPARED),
    ("GET", "/api/comparison/table"): Case(tuple(f"{each}&part=runs" for each in COMPARED)),
    ("GET", "/api/training/choices"): NOTHING,
    ("GET", "/api/training/preview"): Case(tuple(f"{each}&{MADE}" for each in COMPARED)),
    ("GET", "/api/training/file"): Case(tuple(f"{each}&{MADE}" for each in COMPARED)),
    ("GET", "/api/training/traces"): Case(COMPARED),
    ("GET", "/api/training/labels"): Case(COMPARED),
    ("GET", "/api/annotation/schemas"): Case(),
    ("POST", "/api/annotation/schemas"): Case(body=SCHEMA, own=False),
    ("PUT", "/api/annotation/schemas/{schema_id}"): Case(body=SCHEMA),
    ("DELETE", "/api/annotation/schemas/{schema_id}"): Case(),
    ("GET", "/api/annotation/choices"): Case(),
    ("POST", "/api/annotation/count"): Case(body={"filter": {"sessions": ["{session}"]}}),
    ("GET", "/api/annotation/queues"): Case(("", "deleted=true")),
    ("POST", "/api/annotation/queues"): Case(
        body={"name": "Mine", "schema_id": "{schema}", "annotators": [{"name": "Bob"}]}
    ),
    ("GET", "/api/annotation/queues/{queue_id}"): Case(),
    ("PATCH", "/api/annotation/queues/{queue_id}"): Case(body={"name": "Mine"}),
    ("DELETE", "/api/annotation/queues/{queue_id}"): Case(),
    ("POST", "/api/annotation/queues/{queue_id}/restore"): Case(),
    ("GET", "/api/annotation/queues/{queue_id}/items"): Case((ANNOTATOR,)),
    ("GET", "/api/annotation/queues/{queue_id}/next"): Case((ANNOTATOR,)),
    ("GET", "/api/annotation/queues/{queue_id}/disagreements"): Case(),
    ("GET", "/api/annotation/queues/{queue_id}/agreement"): Case(),
    ("GET", "/api/annotation/queues/{queue_id}/annotators"): Case(),
    ("GET", "/api/annotation/items/{item_id}"): Case((ANNOTATOR,)),
    ("PUT", "/api/annotation/items/{item_id}/draft"): Case(body=LABELS),
    ("POST", "/api/annotation/items/{item_id}/submit"): Case(body=LABELS),
    ("POST", "/api/annotation/items/{item_id}/undo"): Case(body=ITEM),
    ("POST", "/api/annotation/items/{item_id}/skip"): Case(body=ITEM),
    ("GET", "/api/annotation/items/{item_id}/adjudication"): Case(),
    ("POST", "/api/annotation/items/{item_id}/adjudication"): Case(body={"labels": [], "steps": []}),
    **{("GET", page): NOTHING for page in ("/compare", "/annotate", "/experiments", "/methods", "/library", "/")},
}
OF_GRADIO = frozenset({
    "api", "app_id", "call", "cancel", "component_server", "custom_component", "deep_link", "dev", "file",
    "heartbeat", "info", "login_check", "openapi.json", "process_recording", "proxy", "queue", "reset", "run", "runs",
    "startup-events", "stream", "theme.css", "token", "undo-vibe-edit", "upload", "upload_progress", "user",
    "vibe-code", "vibe-edit", "vibe-starter-queries",
})  # fmt: skip
STATIC = ("/client", "/static/", "/assets/", "/svelte/", "/favicon.ico", "/theme.css", "/robots.txt", "/pwa_icon")
TOLD_TO_ALL = (
    "/config", "/manifest.json", "/monitoring", "/monitoring/summary", "/monitoring/x", "/gradio_api/info",
    "/gradio_api/info?all_endpoints=true", "/gradio_api/runs", "/gradio_api/queue/status",
    "/gradio_api/startup-events",
    "/gradio_api/app_id", "/gradio_api/user", "/gradio_api/token",
)  # fmt: skip


def routes_of(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Yield the method and path of every route, wherever it was put."""
    for route in routes:
        inner = getattr(route, "original_router", route)
        if below := getattr(inner, "routes", None):
            yield from routes_of(below)
        else:
            for method in getattr(route, "methods", None) or {"WEBSOCKET"}:
                yield method, getattr(route, "path", "")


def has_no_case(method: str, path: str) -> bool:
    plain = path.rstrip("/") or "/"
    if path.startswith("/gradio_api/"):
        return path.removeprefix("/gradio_api/").partition("=")[0].split("/")[0] not in OF_GRADIO
    told = plain.startswith((*STATIC, "/login", "/logout", "/monitoring", "/config", "/manifest.json"))
    return method != "HEAD" and not told and (method, plain) not in CASES


def filled(text: str, things: Mapping[str, str]) -> str:
    """Put ids in the braces of a path, a query or a body written as text."""
    for name, value in things.items():
        text = text.replace(f"{{{name}_id}}", value).replace(f"{{{name}}}", value)
    return text


def sent(
    house: House, visitor: Visitor, method: str, path: str, query: str, case: Case, things: Mapping[str, str]
) -> tuple[int, str]:
    """Return the status and text of an answer, the ids that were asked for taken out."""

    def inserted(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: inserted(each) for key, each in value.items()}
        if isinstance(value, list):
            return [inserted(each) for each in value]
        return filled(value, things) if isinstance(value, str) else value

    url = filled(f"{path}?{query}", things)
    if method == "WEBSOCKET":
        return followed(visitor, url)
    answer = visitor.ask(method, url, json=inserted(dict(case.body))) if case.body else visitor.ask(method, url)
    return answer.status_code, house.anonymous(answer.content.decode("utf-8", "replace"))


def followed(visitor: Visitor, url: str) -> tuple[int, str]:
    """Return how a socket was closed and all that it said."""
    said = ""
    with visitor.client.websocket_connect(BASE.replace("http", "ws") + url, headers=visitor.headers) as socket:
        try:
            while True:
                said += socket.receive_text()
        except WebSocketDisconnect as closed:
            return closed.code, said


def test_every_route_has_a_case(house: House) -> None:
    routes = {*routes_of(house.client.app.routes)}  # type: ignore[attr-defined]
    assert len(routes) > 100
    assert not {route for route in routes if has_no_case(*route)}, "a new route needs a case in CASES"
    assert not set(CASES) - routes, "a case of a route that is gone"


@pytest.mark.parametrize(("method", "path"), CASES, ids=map(" ".join, CASES))
def test_bob_is_answered_as_if_nothing_of_adas_were_there(house: House, method: str, path: str) -> None:
    case, before = CASES[method, path], house.kept()
    things, nothing = {**house.things, **WORDS}, {**house.nothing, **WORDS}
    for query in case.queries:
        status, text = sent(house, house.bob, method, path, query, case, things)
        assert MARK not in text
        assert not case.own or (status, text) == sent(house, house.bob, method, path, query, case, nothing)
    assert house.kept() == before


def test_ada_is_answered_with_what_is_hers(house: House) -> None:
    things = {**house.things, **WORDS}
    for (method, path), case in CASES.items():
        if case.own and method in ("GET", "WEBSOCKET"):
            status, text = sent(house, house.ada, method, path, case.queries[0], case, things)
            assert status in (200, 1000), (path, text)
            other, nothing = sent(house, house.bob, method, path, case.queries[0], case, things)
            assert (status, text) != (other, nothing), path


@pytest.mark.parametrize("path", TOLD_TO_ALL)
def test_what_gradio_tells_everybody_holds_nothing_of_ada(house: House, path: str) -> None:
    assert MARK not in house.bob.ask("GET", path).text


def test_an_upload_is_handed_to_nobody(house: House) -> None:
    [path] = house.ada.ask("POST", "/gradio_api/upload", files={"files": ("notes.txt", MARK.encode())}).json()
    for form in ("/gradio_api/file=", "/gradio_api/file/"):
        answer = house.bob.ask("GET", f"{form}{path}")
        assert answer.status_code == 404 and MARK not in answer.text


@pytest.mark.parametrize(
    ("method", "path"), [*CASES, ("GET", "/config"), ("POST", "/gradio_api/queue/join")], ids=" ".join
)
def test_whoever_is_not_logged_in_reaches_nothing(house: House, method: str, path: str) -> None:
    url = filled(path, house.things)
    if method == "WEBSOCKET":
        with pytest.raises(WebSocketDisconnect), house.client.websocket_connect(BASE.replace("http", "ws") + url):
            pass
    else:
        assert house.client.request(method, url).status_code == 401


def test_a_shared_session_is_read_or_changed_and_private_again(house: House) -> None:
    run, session = house.things["run"], house.things["session"]

    async def share(sharing: Any) -> None:
        await house.services.library.of(house.ada.person).share_session(session, sharing)

    def renamed() -> str:
        [number] = [number for number, name in house.handlers().items() if name == "LibraryPage.rename"]
        return str(house.bob.trigger(number, [], {"kind": "run", "id": run, "name": f"Bob's {MARK}"}).text)

    house.call(share, "read")
    assert MARK in house.bob.ask("GET", f"/api/runs/{run}").text
    assert house.bob.ask("GET", f"/api/sessions/{session}/export").status_code == 200
    assert followed(house.bob, f"/api/runs/{run}/events")[0] == 1000
    [row] = house.bob.ask("GET", f"/api/library/sessions?text={MARK}&limit=1").json()["items"]
    assert (row["owner"], row["sharing"]) == ("Ada", "read")
    assert ONLY_READ in renamed()
    house.call(share, "write")
    assert ONLY_READ not in renamed()
    assert house.ada.ask("GET", f"/api/runs/{run}").json()["run"]["name"] == f"Bob's {MARK}"
    house.call(share, "private")
    assert house.bob.ask("GET", f"/api/runs/{run}").status_code == 404
    assert followed(house.bob, f"/api/runs/{run}/events")[0] == NO_SUCH_RUN


def test_a_queue_over_what_was_shared_closes_with_it(house: House) -> None:
    run, session = house.things["run"], house.things["session"]

    async def share(sharing: Any) -> None:
        await house.services.library.of(house.ada.person).share_session(session, sharing)

    made = {
        "name": "Bob's", "schema_id": "everything", "annotators": [{"name": "Bob"}],
        "filter": {"sessions": [session], "take": "drafts"},
    }  # fmt: skip
    house.call(share, "read")
    queue = house.bob.ask("POST", "/api/annotation/queues", json=made).json()["id"]
    [item, *_] = house.bob.ask("GET", f"/api/annotation/queues/{queue}/items?annotator=Bob").json()["items"]
    path = f"/api/annotation/items/{item['id']}"
    assert MARK in house.bob.ask("GET", f"{path}?annotator=Bob").text
    house.call(share, "private")
    for asked in (
        f"{path}?annotator=Bob",
        f"{path}/adjudication",
        f"/api/annotation/queues/{queue}/items?annotator=Bob",
    ):
        assert MARK not in house.bob.ask("GET", asked).text
    assert house.bob.ask("GET", f"/api/runs/{run}").status_code == 404
