"""One writer and several readers on a real file: what is promised of writes and reads."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Transaction, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import connect, tables
from storage.database import (
    Database,
    DatabaseError,
    Locked,
)
from storage.repositories import sessions
from tests.storage import making
from tests.storage.places import address, names, pragma, process, told


async def test_the_writer_is_durable_and_keeps_references(on_file: Database) -> None:
    kept = [await on_file.write(lambda s, n=n: pragma(n, s)) for n in ("journal_mode", "synchronous", "foreign_keys")]
    assert kept == ["wal", 2, 1]  # 2 is FULL
    assert await on_file.write(lambda s: pragma("busy_timeout", s)) == connect.BUSY_MILLISECONDS


async def test_a_run_of_no_session_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError):
        await database.write(lambda s: s.add(tables.RunTag(run_id="nobody", position=0, tag="a", folded="a")))


async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(DatabaseError):
        await database.read(lambda s: sessions.create(s, making.session()))
    assert await database.read(names) == []


async def test_what_was_written_survives_the_process_being_killed(stored_at: str) -> None:
    writing = process(
        "async def main():\n"
        "    database = Database.open(place)\n"
        "    await database.write(lambda s: sessions.create(s, making.session(name='kept')))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())",
        stored_at,
    )
    assert writing.wait() == -signal.SIGKILL, writing.communicate()
    database = Database.open(stored_at)
    assert await database.read(names) == ["kept"]
    await database.close()


async def test_a_write_is_there_for_other_programs_when_it_returns(database: Database) -> None:
    await database.write(lambda s: sessions.create(s, making.session()))
    other = connect.connect(database.url, "migrate")
    with other.connect() as connection:
        assert connection.exec_driver_sql("SELECT name FROM sessions").all() == [("Cats and legs",)]
    other.dispose()


async def test_a_change_that_fails_keeps_nothing_and_the_next_one_is_made(database: Database) -> None:
    def half(s: Session) -> None:
        making.store_everything(s)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(half)
    kept = (tables.Session, tables.Run, tables.Generation, tables.TokenTrace, tables.Problem, tables.Launch)
    counted = [await database.read(lambda s, t=t: s.scalar(select(func.count()).select_from(t))) for t in kept]
    assert counted == [0] * 6
    await database.write(making.store_everything)


async def test_reads_do_not_wait_for_a_write(database: Database) -> None:
    await database.write(lambda s: sessions.create(s, making.session()))
    begun, go_on = threading.Event(), threading.Event()

    def slow(s: Session) -> None:
        sessions.rename(s, "s1", "renamed")
        s.flush()
        begun.set()
        assert go_on.wait(60)

    writing = asyncio.create_task(database.write(slow))
    await asyncio.to_thread(begun.wait, 60)
    assert await database.read(names) == ["Cats and legs"]
    go_on.set()
    await writing
    assert await database.read(names) == ["renamed"]


async def test_a_read_sees_one_state_from_its_first_row_to_its_last(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def twice(s: Session) -> tuple[list[str], list[str]]:
        first = names(s)
        begun.set()
        assert go_on.wait(60)
        return first, names(s)

    reading = asyncio.create_task(database.read(twice))
    await asyncio.to_thread(begun.wait, 60)
    await database.write(lambda s: sessions.create(s, making.session()))
    go_on.set()
    assert await reading == ([], [])
    assert await database.read(names) == ["Cats and legs"]


async def test_changes_come_in_the_order_of_the_calls_also_those_nobody_waits_for(database: Database) -> None:
    await database.write(lambda s: sessions.create(s, making.session()))
    go_on = threading.Event()
    order: list[int] = []

    def change(number: int) -> None:
        assert go_on.wait(60)
        order.append(number)

    waiting = [asyncio.create_task(database.write(lambda s, n=n: change(n))) for n in range(4)]
    await asyncio.sleep(0)  # the tasks have called
    for given_up in waiting[:3]:
        given_up.cancel()
    ended = await asyncio.gather(*waiting[:3], return_exceptions=True)
    assert [type(end) for end in ended] == [asyncio.CancelledError] * 3
    go_on.set()
    await waiting[3]
    assert order == [0, 1, 2, 3]


async def test_closing_finishes_what_was_asked_for_and_can_be_done_twice(place: str) -> None:
    database = Database.open(place)
    writing = [
        asyncio.create_task(database.write(lambda s, n=n: sessions.create(s, making.session(f"s{n}", name=str(n)))))
        for n in range(5)
    ]
    await asyncio.sleep(0)
    await database.close()
    await database.close()
    await asyncio.gather(*writing)
    again = Database.open(place)
    assert await again.read(names) == ["0", "1", "2", "3", "4"]
    await again.close()


async def test_a_closed_file_leaves_no_other_beside_it(on_file: Database, file: Path) -> None:
    await on_file.write(lambda s: sessions.create(s, making.session()))
    await on_file.close()
    assert sorted(p.name for p in file.parent.iterdir()) == ["runs.db"]


async def test_two_that_opened_it_share_a_database(database: Database) -> None:
    other = Database.open(address(database))
    both = [database, other] * 10
    await asyncio.gather(
        *(db.write(lambda s, n=n: sessions.create(s, making.session(f"s{n:02}"))) for n, db in enumerate(both))
    )
    assert len(await database.read(names)) == len(await other.read(names)) == 20
    await other.close()


@contextmanager
def held(database: Database) -> Iterator[Transaction]:
    """Begin to write, as another program would, and yield what ends it."""
    other = connect.connect(database.url, "write")
    with other.connect() as connection:
        yield connection.begin()
    other.dispose()


async def test_a_write_waits_for_another_program_s(database: Database) -> None:
    order: list[str] = []
    waits = threading.Event()

    def change(s: Session) -> None:
        sessions.create(s, making.session())  # which asks the database
        order.append("written")

    def let_go() -> None:
        assert waits.wait(60)
        order.append("let go")
        other.commit()

    with held(database) as other:
        writing = asyncio.create_task(database.write(change))
        await asyncio.sleep(0)  # it has been called
        letting = asyncio.to_thread(let_go)
        waits.set()
        await asyncio.gather(writing, letting)
    assert order == ["let go", "written"]
    assert await database.read(names) == ["Cats and legs"]


async def test_a_database_held_for_too_long_is_said_to_be(stored_at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "BUSY_MILLISECONDS", 20)
    database = Database.open(stored_at)
    with held(database):
        with pytest.raises(Locked, match="held by another program"):
            await database.write(lambda s: sessions.create(s, making.session()))
        assert await database.read(names) == []
    await database.write(lambda s: sessions.create(s, making.session()))
    await database.close()


def test_several_processes_may_make_the_database_at_once(place: str) -> None:
    code = (
        "print('ready', flush=True); input()\n"
        "async def main():\n"
        "    database = Database.open(place)\n"
        "    await database.write(lambda s: sessions.create(s, making.session(f's{os.getpid()}')))\n"
        "    await database.close()\n"
        "asyncio.run(main())"
    )
    started = [process(code, place) for _ in range(2)]
    for each in started:
        told(each, "ready")
    for each in started:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    ends = [each.communicate() for each in started]
    assert [each.returncode for each in started] == [0] * len(started), ends
    other = connect.connect(connect.address(place), "migrate")
    with other.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sessions").scalar() == len(started)
        assert connection.exec_driver_sql("SELECT count(*) FROM persons").scalar() == 1
    other.dispose()


def test_several_threads_may_make_the_database_at_once(place: str) -> None:
    together = threading.Barrier(8)

    def opened(_: int) -> Database:
        together.wait(60)
        return Database.open(place)

    with ThreadPoolExecutor(8) as pool:
        databases = list(pool.map(opened, range(8)))
    assert [asyncio.run(each.read(lambda s: s.scalar(select(tables.Person.id)))) for each in databases] == [
        "local"
    ] * 8
    for each in databases:
        asyncio.run(each.close())
