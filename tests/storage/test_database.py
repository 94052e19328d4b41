"""One writer, several readers, on real files: what is promised of writes, reads and of files that are no good."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import connect, tables
from storage.database import (
    Database,
    DatabaseError,
    DiskFull,
    ForeignDatabase,
    Locked,
    NewerDatabase,
    Unreachable,
    Unwritable,
)
from storage.repositories import generations, runs, sessions
from tests.storage import making
from tests.storage.places import folder_as_it_is, mounted, process, told


def names(s: Session) -> list[str]:
    return list(s.scalars(select(tables.Session.name).order_by(tables.Session.id)))


def pragma(name: str, s: Session) -> object:
    return s.execute(text(f"PRAGMA {name}")).scalar()


async def test_the_writer_is_durable_and_keeps_references(database: Database) -> None:
    kept = [
        await database.write(lambda s, n=n: pragma(n, s)) for n in ("journal_mode", "synchronous", "foreign_keys")
    ]
    assert kept == ["wal", 2, 1]  # 2 is FULL
    assert await database.write(lambda s: pragma("busy_timeout", s)) == connect.BUSY_MILLISECONDS


async def test_a_run_of_no_session_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError):
        await database.write(lambda s: s.add(tables.RunTag(run_id="nobody", position=0, tag="a", folded="a")))


async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(DatabaseError):
        await database.read(lambda s: sessions.create(s, making.session()))
    assert await database.read(names) == []


async def test_what_was_written_survives_the_process_being_killed(file: Path) -> None:
    writing = process(
        "async def main():\n"
        "    database = Database.open(file)\n"
        "    await database.write(lambda s: sessions.create(s, making.session(name='kept')))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())",
        file,
    )
    assert writing.wait() == -signal.SIGKILL, writing.communicate()
    database = Database.open(file)
    assert await database.read(names) == ["kept"]
    await database.close()


async def test_a_write_is_there_for_other_programs_when_it_returns(database: Database, file: Path) -> None:
    await database.write(lambda s: sessions.create(s, making.session()))
    other = sqlite3.connect(file)
    assert other.execute("SELECT name FROM sessions").fetchall() == [("Cats and legs",)]
    other.close()


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


async def test_closing_finishes_what_was_asked_for_and_can_be_done_twice(file: Path) -> None:
    database = Database.open(file)
    writing = [
        asyncio.create_task(database.write(lambda s, n=n: sessions.create(s, making.session(f"s{n}", name=str(n)))))
        for n in range(5)
    ]
    await asyncio.sleep(0)
    await database.close()
    await database.close()
    await asyncio.gather(*writing)
    again = Database.open(file)
    assert await again.read(names) == ["0", "1", "2", "3", "4"]
    await again.close()
    assert sorted(p.name for p in file.parent.iterdir()) == ["runs.db"]


async def test_two_databases_share_a_file(database: Database, file: Path) -> None:
    other = Database.open(f"sqlite:///{file}")
    both = [database, other] * 10
    await asyncio.gather(
        *(db.write(lambda s, n=n: sessions.create(s, making.session(f"s{n:02}"))) for n, db in enumerate(both))
    )
    assert len(await database.read(names)) == len(await other.read(names)) == 20
    await other.close()


async def test_a_write_waits_for_another_program_s(database: Database, file: Path) -> None:
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    begun = threading.Event()

    def change(s: Session) -> None:
        sessions.create(s, making.session())

    def let_go() -> None:
        begun.wait(60)
        other.execute("COMMIT")

    letting = asyncio.create_task(asyncio.to_thread(let_go))
    writing = asyncio.create_task(database.write(change))
    await asyncio.sleep(0)
    begun.set()
    await asyncio.gather(writing, letting)
    other.close()
    assert await database.read(names) == ["Cats and legs"]


async def test_a_database_held_for_too_long_is_said_to_be(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "BUSY_MILLISECONDS", 20)
    database = Database.open(file)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Locked, match="held by another program"):
        await database.write(lambda s: sessions.create(s, making.session()))
    assert await database.read(names) == []
    other.close()
    await database.write(lambda s: sessions.create(s, making.session()))
    await database.close()


def test_several_processes_may_make_the_database_at_once(file: Path) -> None:
    code = (
        "print('ready', flush=True); input()\n"
        "async def main():\n"
        "    database = Database.open(file)\n"
        "    await database.write(lambda s: sessions.create(s, making.session(f's{os.getpid()}')))\n"
        "    await database.close()\n"
        "asyncio.run(main())"
    )
    started = [process(code, file) for _ in range(2)]
    for each in started:
        told(each, "ready")
    for each in started:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    ends = [each.communicate() for each in started]
    assert [each.returncode for each in started] == [0] * len(started), ends
    other = sqlite3.connect(file)
    assert other.execute("SELECT count(*) FROM sessions").fetchone() == (len(started),)
    assert other.execute("SELECT count(*) FROM persons").fetchone() == (1,)
    other.close()


def test_several_threads_may_make_the_database_at_once(file: Path) -> None:
    together = threading.Barrier(8)

    def opened(_: int) -> Database:
        together.wait(60)
        return Database.open(file)

    with ThreadPoolExecutor(8) as pool:
        databases = list(pool.map(opened, range(8)))
    assert [asyncio.run(each.read(lambda s: s.scalar(select(tables.Person.id)))) for each in databases] == [
        "local"
    ] * 8
    for each in databases:
        asyncio.run(each.close())


async def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    database = Database.open(tmp_path / "a" / "b" / "c.db")
    await database.close()
    assert (tmp_path / "a" / "b" / "c.db").is_file()


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unwritable, match=r"file/runs\.db cannot be written .*Choose a folder"):
        Database.open(tmp_path / "file" / "runs.db")
    with pytest.raises(Unwritable, match="cannot be written"):
        Database.open(tmp_path)


async def test_a_folder_that_may_only_be_read_is_refused_on_opening(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=2m") as disk:
        await Database.open(disk / "runs.db").close()
        _remount(disk, "ro")
        for name in ("runs.db", "other.db", "deeper/runs.db"):
            with pytest.raises(Unwritable, match=f"{name} cannot be written"):
                Database.open(disk / name)


def _remount(disk: Path, options: str) -> None:
    assert os.spawnlp(os.P_WAIT, "mount", "mount", "-o", f"remount,{options}", str(disk)) == 0


async def test_a_full_disk_is_said_to_be_and_loses_nothing(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=4m") as disk:
        database = Database.open(disk / "runs.db")
        await database.write(making.store_everything)
        (disk / "filler").write_bytes(bytes(_free(disk) - 100_000))
        stored = 0
        with pytest.raises(DiskFull, match=r"no room left on the disk of .* Make room and try again"):
            while stored < 1000:
                await database.write(
                    lambda s, n=stored: sessions.create(s, making.session(f"x{n}", notes="n" * 9999))
                )
                stored += 1
        assert 0 < stored < 1000
        kept = await database.read(names)
        assert len(kept) == stored + 1
        (disk / "filler").unlink()
        await database.write(lambda s: sessions.create(s, making.session("later")))
        assert len(await database.read(names)) == stored + 2
        await database.close()
        with sqlite3.connect(disk / "runs.db") as other:
            assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        other.close()


def _free(disk: Path) -> int:
    return os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize


def test_a_full_disk_is_said_to_be_on_opening(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=1m") as disk:
        (disk / "filler").write_bytes(bytes(_free(disk)))
        with pytest.raises(DiskFull, match="no room left"):
            Database.open(disk / "runs.db")


async def test_a_database_at_its_limit_counts_as_a_full_disk(database: Database) -> None:
    await database.write(lambda s: pragma("max_page_count = 1", s))  # as small as what is there already
    with pytest.raises(DiskFull):
        await database.write(lambda s: sessions.create(s, making.session(notes="n" * 200_000)))
    assert await database.read(names) == []


@pytest.mark.parametrize(
    "content", [b"Dear diary,\n" * 500, b"Dear diary", b"SQLite format 3\0" + b"\xff" * 5000], ids=range(3)
)
def test_a_file_that_is_no_database_is_left_alone(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ForeignDatabase, match="is no database, or it is damaged"):
        Database.open(file)
    assert file.read_bytes() == content


def test_an_empty_file_becomes_a_database(file: Path) -> None:
    file.touch()
    asyncio.run(Database.open(file).close())
    assert file.stat().st_size > 0


@pytest.mark.parametrize(
    "tables_of_others",
    [
        "CREATE TABLE notes (id)",
        "CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES ('ab12')",
    ],
    ids=["plain", "with migrations of its own"],
)
def test_another_program_s_database_is_left_alone(file: Path, tables_of_others: str) -> None:
    with sqlite3.connect(file) as other:
        other.executescript("CREATE TABLE spans (id);" + tables_of_others)
    other.close()
    before = folder_as_it_is(file.parent)
    with pytest.raises(ForeignDatabase, match="belongs to another program"):
        Database.open(file)
    assert folder_as_it_is(file.parent) == before


async def test_a_newer_release_s_database_is_left_alone(file: Path) -> None:
    await Database.open(file).close()
    with sqlite3.connect(file) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '0999'")
        newer.execute("ALTER TABLE runs ADD COLUMN mood TEXT")
    newer.close()
    before = folder_as_it_is(file.parent)
    with pytest.raises(NewerDatabase, match=r"newer release \(revision 0999\).*update this program"):
        Database.open(file)
    assert folder_as_it_is(file.parent) == before


def overwrite(file: Path) -> None:
    """Replace all but the first page."""
    with file.open("rb+") as damaged:
        size = damaged.seek(0, os.SEEK_END)
        damaged.seek(4096)
        damaged.write(b"\xa5" * (size - 4096))


async def test_damage_within_is_said_to_be(file: Path) -> None:
    database = Database.open(file)
    await database.write(making.store_everything)
    await database.close()
    await asyncio.to_thread(overwrite, file)
    with pytest.raises(ForeignDatabase, match="is no database, or it is damaged"):
        await Database.open(file).read(names)


async def test_a_damaged_trace_is_a_sentence(database: Database) -> None:
    await database.write(making.store_everything)
    await database.write(lambda s: s.execute(text("UPDATE token_traces SET blob = x'00' WHERE generation_id = 'g1'")))
    with pytest.raises(DatabaseError, match=r"no token trace\. Restore a backup copy"):
        await database.read(lambda s: runs.load(s, "r1"))
    assert len(await database.read(lambda s: generations.of_run(s, "r1"))) == 3


@pytest.mark.parametrize(
    "address", ["sqlite://", "sqlite:///:memory:", "://", "nothing://a/b", "postgresql+none://a/b"]
)
def test_an_address_that_is_no_good_is_named(address: str) -> None:
    with pytest.raises(Unreachable):
        Database.open(address)


def test_a_password_is_never_shown() -> None:
    with pytest.raises(Unreachable) as caught:
        Database.open("postgresql+none://me:secret@host/db")
    assert "secret" not in str(caught.value) and "me:***@host" in str(caught.value)
