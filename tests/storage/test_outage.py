"""A server that is lost and comes back, in any moment of a transaction: nothing is lost, half done or done twice."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from storage import outage, tables
from storage.archive import export_session, import_session
from storage.connect import address
from storage.database import Database, Unreachable
from storage.records import Score
from storage.repositories import generations, scores, sessions
from tests.postgres import Cluster
from tests.postgres import database as made
from tests.storage import making
from tests.storage.places import heard, names
from tests.storage.wire import SOCKET, Wire


@pytest.fixture
def place(server: Cluster, template: str) -> Iterator[str]:
    with made(server, template) as place:
        yield place


def create(s: Session) -> None:
    sessions.create(s, making.session())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
async def test_who_asks_a_server_that_is_away_is_answered_when_it_is_back(
    server: Cluster, place: str, how: signal.Signals, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database.open(place)
    await database.read(names)
    server.stop(how)
    with heard("is out of reach; waiting for it") as said:
        writing, reading = asyncio.create_task(database.write(create)), asyncio.create_task(database.read(names))
        assert await asyncio.to_thread(said.wait, 60)
    await asyncio.to_thread(server.start)
    await asyncio.gather(writing, reading)
    assert await database.read(names) == ["Cats and legs"]
    assert caplog.text.count("is back") == 1
    await database.close()


async def test_a_server_that_was_started_anew_meanwhile_is_not_noticed(
    server: Cluster, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database.open(place)
    await asyncio.gather(database.write(create), *(database.read(names) for _ in range(4)))
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)
    assert await asyncio.gather(*(database.read(names) for _ in range(4))) == [["Cats and legs"]] * 4
    await database.write(lambda s: sessions.rename(s, "s1", "Dogs"))
    assert await database.read(names) == ["Dogs"]
    assert not caplog.text
    await database.close()


async def test_a_change_whose_connection_is_lost_in_its_middle_is_made_once(server: Cluster, place: str) -> None:
    database = Database.open(place)
    called = 0

    def change(s: Session) -> str:
        nonlocal called
        called += 1
        create(s)
        if called == 1:
            server.say(f"SELECT pg_terminate_backend({s.scalar(text('SELECT pg_backend_pid()'))}, 60000)")
        s.flush()
        return f"call {called}"

    assert await database.write(change) == "call 2"
    assert await database.read(names) == ["Cats and legs"]
    await database.close()


async def test_who_waits_for_too_long_gets_a_sentence_and_the_next_one_at_once(
    server: Cluster, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "PATIENCE", 0.2)
    database = Database.open(place)
    await database.write(create)
    await database.read(names)
    server.stop()
    try:
        for _ in range(2):
            ends = await asyncio.gather(*(database.write(create) for _ in range(3)), return_exceptions=True)
            assert {type(end) for end in ends} == {Unreachable}
        assert "has been out of reach for 0.2 seconds" in str(ends[0])
        assert "What was stored before is safe" in str(ends[0]) and "\n" not in str(ends[0])
    finally:
        await asyncio.to_thread(server.start)
    assert await database.read(names) == ["Cats and legs"]
    await database.close()


@pytest.mark.parametrize("cut", ["question", "answer"])
async def test_a_commit_that_is_never_answered_counts_once(place: str, cut: str) -> None:
    url = address(place)
    folder = Path(str(url.query["host"])) / f"wire-{cut}"
    folder.mkdir(exist_ok=True)
    wire = Wire(folder, str(folder.parent / SOCKET))
    database = Database.open(url.set(query={"host": str(folder)}).render_as_string())
    await database.write(create)
    called = 0

    def change(s: Session) -> int:
        nonlocal called
        called += 1
        sessions.create(s, making.session(f"s-{called}"))
        return called

    wire.cut = cut
    answer = await database.write(change)
    assert wire.cuts == 1
    assert (answer, called) == ((1, 1) if cut == "answer" else (2, 2))
    assert await database.read(lambda s: s.scalar(select(func.count()).select_from(tables.Session))) == 2
    await database.close()
    wire.close()


async def test_an_import_whose_connection_is_lost_is_made_once(
    server: Cluster, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database.open(place)
    await database.write(making.store_everything)
    await export_session(database, "s1", tmp_path / "s1.stz")
    real, called = scores.add_all, 0

    def add_all(s: Session, new: Sequence[Score]) -> None:
        nonlocal called
        called += 1
        if called == 1:
            server.say(f"SELECT pg_terminate_backend({s.scalar(text('SELECT pg_backend_pid()'))}, 60000)")
        real(s, new)

    monkeypatch.setattr(scores, "add_all", add_all)
    copy = await import_session(database, tmp_path / "s1.stz", "local")
    assert called == 2
    assert sorted(await database.read(lambda s: list(s.scalars(select(tables.Session.id))))) == sorted(["s1", copy])
    assert len(await database.read(lambda s: generations.of_session(s, copy))) == 5
    assert len(await database.read(lambda s: scores.of_session(s, copy))) == 3
    await database.close()
