"""Files, folders, disks and addresses that are no good: each is a sentence, and nothing is harmed."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import (
    Database,
    DatabaseError,
    DiskFull,
    ForeignDatabase,
    NewerDatabase,
    Unreachable,
    Unwritable,
)
from storage.repositories import generations, runs, sessions
from tests.storage import making
from tests.storage.places import folder_as_it_is, mounted, names, pragma


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


async def test_a_database_at_its_limit_counts_as_a_full_disk(on_file: Database) -> None:
    await on_file.write(lambda s: pragma("max_page_count = 1", s))  # as small as what is there already
    with pytest.raises(DiskFull):
        await on_file.write(lambda s: sessions.create(s, making.session(notes="n" * 200_000)))
    assert await on_file.read(names) == []


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
    cut = text("UPDATE token_traces SET blob = substr(blob, 1, 1) WHERE generation_id = 'g1'")
    await database.write(lambda s: s.execute(cut))
    with pytest.raises(DatabaseError, match=r"no token trace\. Restore a backup copy"):
        await database.read(lambda s: runs.load(s, "r1"))
    assert len(await database.read(lambda s: generations.of_run(s, "r1"))) == 3


@pytest.mark.parametrize(
    "address",
    ["sqlite://", "sqlite:///:memory:", "://", "nothing://a/b", "mysql://a/b", "postgresql+none://a/b"],
)
def test_an_address_that_is_no_good_is_named(address: str) -> None:
    with pytest.raises(Unreachable):
        Database.open(address)


def test_a_password_is_never_shown() -> None:
    with pytest.raises(Unreachable) as caught:
        Database.open("postgresql+none://me:secret@host/db")
    assert "secret" not in str(caught.value) and "me:***@host" in str(caught.value)
