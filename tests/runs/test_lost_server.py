"""A database server that is lost in the middle of a run: it goes on when that comes back in time, or says why not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from storage import outage
from storage.database import Database, Unreachable
from storage.records import StoredRun
from storage.repositories import runs as run_store
from tests.postgres import Cluster
from tests.postgres import database as made
from tests.runs.following import asked, events_of, until
from tests.runs.puppet import Puppet, Stage
from tests.storage.places import heard
from webapp.events import GenerationFinished, RunFinished, Tokens
from webapp.runs.limits import Limits
from webapp.runs.request import BadRequest
from webapp.runs.service import RunService

TEXT = "7" * 300
LIMITS = Limits(autosave=0.02, lease=1.0, renewal=0.1, sweep=0.1)


@pytest.fixture
def place(server: Cluster) -> Iterator[str]:
    with made(server) as place:
        yield place


@pytest.fixture
async def database(place: str) -> AsyncIterator[Database]:
    opened = Database.open(place)
    yield opened
    await opened.close()


@pytest.fixture
async def service(database: Database, methods_of_tests: None) -> AsyncIterator[RunService]:
    stage = Stage(Puppet(script=lambda prompt, sample: TEXT if sample else "Answer: 0", pause=0.002))
    service = RunService(database, stage, LIMITS)  # type: ignore[arg-type]
    await service.start()
    yield service
    await service.close()


async def begun(service: RunService) -> str:
    """Start a run of a short and a long text; return its id once one is stored and the other being written."""
    (run,) = await service.launch([asked(params={"max_tokens": 400})], person="local")
    seen, stored = 0, False

    def enough(event: object) -> bool:
        nonlocal seen, stored
        seen += len(event.ids) if isinstance(event, Tokens) else 0
        stored = stored or isinstance(event, GenerationFinished)
        return stored and seen > 60

    await until(service.subscribe(run, person="local"), enough)
    return run


async def stored(database: Database, run: str) -> StoredRun:
    found = await database.read(lambda s: run_store.load(s, run))
    assert found is not None
    return found


async def test_a_run_goes_on_when_the_server_is_back(
    server: Cluster, database: Database, service: RunService
) -> None:
    run = await begun(service)
    with heard("is out of reach; waiting for it") as said:
        await asyncio.to_thread(server.stop)
        assert await asyncio.to_thread(said.wait, 60)
    await asyncio.to_thread(server.start)
    last = (await events_of(service, run))[-1]
    assert isinstance(last, RunFinished) and (last.status, last.error) == ("finished", "")
    await service.wait(run)
    found = await stored(database, run)
    assert found.run.status == "finished" and [text.text for text in found.generations] == ["Answer: 0", TEXT]
    assert {len(trace) for trace in found.traces.values()} == {len("Answer: 0") + 1, len(TEXT) + 1}


async def test_a_run_that_cannot_be_stored_says_why_and_leaves_nothing_half_written(
    server: Cluster, database: Database, service: RunService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "PATIENCE", 0.2)
    run = await begun(service)
    watching = service.subscribe(run, person="local")
    await anext(watching)
    ended = asyncio.create_task(service.wait(run))
    await asyncio.to_thread(server.stop)
    try:
        last = [event async for batch in watching for event in batch.events][-1]
        assert isinstance(last, RunFinished) and last.status == "failed"
        assert "has been out of reach for 0.2 seconds" in last.error
        assert isinstance(await ended, Unreachable)
        with pytest.raises(BadRequest, match="out of reach"):
            await service.launch([asked()], person="local")
    finally:
        with heard("marked interrupted", "runs") as swept:
            await asyncio.to_thread(server.start)
            assert await asyncio.to_thread(swept.wait, 60), "its lease runs out"
    (again,) = await service.launch([asked(params={"max_tokens": 20})], person="local")
    await service.wait(again)
    assert (await stored(database, again)).run.status == "finished"
    found = await stored(database, run)
    assert found.run.status == "interrupted"
    assert found.generations[0].text == "Answer: 0"
    for text in found.generations:
        trace = found.traces[text.id]
        assert trace.text()[0].removesuffix("<end>") == text.text, "a text and its trace were not stored together"
