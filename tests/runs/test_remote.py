"""Runs on a model server: what is stored of them, what a death in the middle leaves, and that no key is."""

from __future__ import annotations

import asyncio
import logging
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from storage.archive import export_session, import_session
from storage.database import Database
from storage.records import Generation
from storage.repositories import generations as generation_store
from storage.repositories import runs as run_store
from storage.trace import TokenTrace
from tests.engine.remote.fake import FULL, WORDS, Can, Fake
from tests.runs.following import asked, events_of
from webapp.engine.protocol import Engine
from webapp.engine.remote.connect import connected
from webapp.engine.remote.patience import Patience
from webapp.models import LoadOptions, Progress
from webapp.models.reference import parse_server
from webapp.runs.engines import EngineHub
from webapp.runs.request import BadRequest
from webapp.runs.service import RunService
from webapp.settings import Settings

KEY = "sesame-4711-open"
WHOLE = "".join(WORDS[:FULL])
QUICK = Patience(connect=5.0, silence=20.0, attempts=2, first=0.01, longest=0.02)


@pytest.fixture
def fake() -> Iterator[Fake]:
    with Fake(Can(continues=True, key=KEY)) as made:
        yield made


def quickly(ref: str, options: LoadOptions, progress: Progress) -> Engine:
    """Do what `load` does for servers, without its patience."""
    return connected(parse_server(ref), options.keys.of(ref), patience=QUICK)


@pytest.fixture
async def hub(fake: Fake, tmp_path: Path) -> AsyncIterator[EngineHub]:
    settings = Settings(data_dir=tmp_path, cache_dir=tmp_path, model=fake.base, model_key=SecretStr(KEY))
    hub = EngineHub(settings, quickly)
    await hub.switch(settings.model)
    yield hub
    await hub.close()


@pytest.fixture
async def remote_service(database: Database, hub: EngineHub) -> AsyncIterator[RunService]:
    service = RunService(database, hub)
    await service.start()
    yield service
    await service.close()


async def trace_of(database: Database, text: Generation) -> TokenTrace:
    """Return the stored trace of a text."""
    return (await database.read(lambda s: generation_store.traces(s, [text.id])))[text.id]


def unpacked(path: Path) -> bytes:
    """Return all bytes in a zip archive."""
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def everything(folder: Path) -> bytes:
    """Return all bytes of all files below a folder."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


async def test_a_vote_over_samples_of_a_server(remote_service: RunService, database: Database, hub: EngineHub):
    assert hub.status().error == ""
    assert hub.status().detail == f"toy at {hub.engine().info.record.source}."
    [run] = await remote_service.launch([asked("self_consistency", params={"temperature": 0.0})], person="local")
    await remote_service.wait(run)
    stored = await database.read(lambda s: run_store.get(s, run))
    texts = await database.read(lambda s: generation_store.of_run(s, run))
    assert stored is not None and (stored.status, stored.error) == ("finished", "")
    assert stored.model.device == "server" and "retokenised" in stored.model.kernel
    assert [text.text for text in texts] == [WHOLE] * 2
    assert texts[0].cost.prompt_tokens > 0
    trace = await trace_of(database, texts[0])
    assert trace.entropy_is_lower_bound and trace.text()[0] == WHOLE


async def test_a_text_branches_off_after_a_restart(remote_service: RunService, database: Database, fake: Fake):
    [run] = await remote_service.launch([asked("self_consistency", params={"temperature": 0.0})], person="local")
    await remote_service.wait(run)
    [first, *_] = await database.read(lambda s: generation_store.of_run(s, run))
    trace = await trace_of(database, first)
    settings = Settings(
        data_dir=Path("/nowhere"), cache_dir=Path("/nowhere"), model=fake.base, model_key=SecretStr(KEY)
    )
    another = EngineHub(settings, quickly)  # as another process has one: it never met these tokens
    await another.switch(settings.model)
    service = RunService(database, another)
    await service.start()
    branch = await service.branch(first.id, 2, int(trace.ids[2]), person="local")
    await service.wait(branch)
    [text] = await database.read(lambda s: generation_store.of_run(s, branch))
    assert text.text == WHOLE
    await service.close()
    await another.close()


async def test_a_server_that_dies_leaves_what_had_arrived(remote_service: RunService, database: Database, fake: Fake):
    fake.can.break_after, fake.can.dies = 3, True
    [run] = await remote_service.launch(
        [asked("self_consistency", params={"samples": 1, "temperature": 0.0})], person="local"
    )
    await remote_service.wait(run)
    stored = await database.read(lambda s: run_store.get(s, run))
    assert stored is not None and stored.status == "interrupted"
    assert "broke off" in stored.error
    [text] = await database.read(lambda s: generation_store.of_run(s, run))
    assert (text.status, text.finish_reason) == ("partial", "interrupted")
    assert WHOLE.startswith(text.text) and text.text


async def test_what_the_server_cannot_do_is_refused_with_the_reason(remote_service: RunService):
    with pytest.raises(BadRequest, match="toy does not: a server does not tell the model's inner states"):
        await remote_service.launch([asked("p_ik")], person="local")


async def test_the_key_is_nowhere(
    remote_service: RunService,
    database: Database,
    hub: EngineHub,
    fake: Fake,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.DEBUG)
    for logger in ("openai", "httpx2", "httpcore2", "second_thoughts"):
        caplog.set_level(logging.DEBUG, logger)
    [run] = await remote_service.launch([asked("self_consistency")], person="local")
    await remote_service.wait(run)
    events = await events_of(remote_service, run)
    fake.can.key = "another"  # from now on it refuses the key, and repeats it
    status = await hub.switch(f"{fake.base}#toy")
    [refused] = await remote_service.launch([asked("self_consistency")], person="local")
    await remote_service.wait(refused)
    told = [*map(repr, events), *map(repr, await events_of(remote_service, refused)), repr(status), caplog.text]
    assert "refuses the key" in status.error
    assert "refuses the key" in told[-3]
    assert fake.headers[0]["authorization"] == f"Bearer {KEY}"
    assert not [text for text in told if KEY in text]
    session = (await database.read(lambda s: run_store.get(s, run))).session_id
    await export_session(database, session, tmp_path / "session.stz")
    exported = await asyncio.to_thread(unpacked, tmp_path / "session.stz")
    assert run.encode() in exported
    assert KEY.encode() not in exported
    assert await import_session(database, tmp_path / "session.stz", "local")  # with what is unknown left unknown
    stored = await asyncio.to_thread(everything, tmp_path)
    assert run.encode() in stored
    assert KEY.encode() not in stored
    assert KEY not in repr((hub, vars(hub), vars(hub.keys), hub.engine(), vars(hub.engine())))
