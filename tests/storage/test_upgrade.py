"""Any earlier release's database becomes this release's, after a copy; a new one is what the tables say."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage import upgrade as upgrading
from storage.connect import address, connect
from storage.database import Database
from storage.repositories import runs
from storage.tables import Base
from storage.upgrade import configuration, revision, upgrade
from tests.storage import making
from tests.storage.places import folder_as_it_is

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{head}"


def upgrade() -> None:
    with op.batch_alter_table("runs", recreate="{recreate}") as runs:
        runs.add_column(sa.Column("mood", sa.Text(), nullable=False, server_default="calm"))
    {then}
"""


def head() -> str:
    found = ScriptDirectory.from_config(configuration()).get_current_head()
    assert found is not None
    return found


def release(folder: Path, monkeypatch: pytest.MonkeyPatch, then: str = "", recreate: str = "always") -> None:
    """Make this program one of a later release, whose tables have one more column; a server adds that in place."""
    later = folder / "later"
    shutil.copytree(upgrading.MIGRATIONS, later)
    (later / "versions" / "9001_mood.py").write_text(NEXT.format(head=head(), then=then, recreate=recreate))
    monkeypatch.setattr(upgrading, "MIGRATIONS", later)


def filled(file: Path) -> None:
    async def fill() -> None:
        database = Database.open(file)
        await database.write(making.store_everything)
        await database.close()

    asyncio.run(fill())


def filled_at(file: Path, release: str) -> None:
    """Make a database of an earlier release that holds what one of this release would, in the columns it had."""
    newest = file.with_name("newest.db")
    filled(newest)
    upgrade(address(file), release)
    opened = sqlite3.connect(file)
    opened.execute("ATTACH ? AS newest", (str(newest),))
    tables = [name for (name,) in opened.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
    for table in sorted(set(tables) - {"alembic_version"}):
        columns = ", ".join(f'"{row[1]}"' for row in opened.execute(f"PRAGMA main.table_info({table})"))
        opened.execute(f"DELETE FROM main.{table}")
        opened.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM newest.{table}")
    opened.commit()
    opened.close()


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    opened = sqlite3.connect(file)
    found = opened.execute(query).fetchall()
    opened.close()
    return found


def copies(folder: Path) -> list[Path]:
    return sorted(folder.glob("*before-upgrade*"))


def test_a_fresh_database_is_what_the_tables_say(file: Path) -> None:
    assert upgrade(address(file)) is None
    engine = connect(address(file), "migrate")
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []
        assert revision(connection) == head()
    engine.dispose()
    assert rows(file, "SELECT id, name FROM persons") == [("local", "You")]


def test_the_comparison_would_notice_a_column_that_a_migration_forgot(file: Path) -> None:
    upgrade(address(file))
    with sqlite3.connect(file) as changed:
        changed.execute("ALTER TABLE scores DROP COLUMN how")
    changed.close()
    engine = connect(address(file), "migrate")
    with engine.connect() as connection:
        (difference,) = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert difference[0] == "add_column"


def test_revisions_follow_one_another(file: Path) -> None:
    scripts = ScriptDirectory.from_config(configuration())
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_a_database_of_this_release_is_left_as_it_is(file: Path) -> None:
    filled(file)
    before = folder_as_it_is(file.parent)
    assert upgrade(address(file)) is None
    assert folder_as_it_is(file.parent) == before


def test_an_earlier_release_s_database_is_copied_then_upgraded(
    file: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(file)
    before = rows(file, "SELECT id, status, answer FROM runs ORDER BY id")
    head_of_now = head()
    release(tmp_path_factory.mktemp("program"), monkeypatch)
    copy = upgrade(address(file))
    assert copy is not None and copies(file.parent) == [copy]
    assert copy.name.startswith(f"runs.before-upgrade-from-{head_of_now}-") and copy.suffix == ".db"
    assert rows(copy, "SELECT id, status, answer FROM runs ORDER BY id") == before
    assert "mood" not in str(rows(copy, "SELECT sql FROM sqlite_master WHERE name = 'runs'"))
    assert rows(file, "SELECT version_num FROM alembic_version") == [("9001",)]
    assert rows(file, "SELECT id, status, answer FROM runs ORDER BY id") == before
    assert rows(file, "SELECT DISTINCT mood FROM runs") == [("calm",)]
    assert rows(file, "SELECT count(*) FROM run_tags") == [(4,)], "a table made anew took what refers to it along"
    assert upgrade(address(file)) is None


def test_a_database_of_before_experiments_is_copied_and_gets_their_tables(file: Path) -> None:
    filled_at(file, "0001")
    before = rows(file, "SELECT * FROM runs ORDER BY id")
    copy = upgrade(address(file))
    assert copy is not None and copy.name.startswith("runs.before-upgrade-from-0001-")
    assert rows(file, "SELECT * FROM runs ORDER BY id") == rows(copy, "SELECT * FROM runs ORDER BY id") == before
    assert rows(file, "SELECT count(*) FROM experiments") == rows(file, "SELECT count(*) FROM cells") == [(0,)]
    assert rows(copy, "SELECT name FROM sqlite_master WHERE name IN ('experiments', 'cells')") == []


def test_sessions_of_before_log_ins_are_private_to_the_local_person(file: Path) -> None:
    filled_at(file, "0003")
    upgrade(address(file))
    assert rows(file, "SELECT id, person_id, sharing FROM sessions") == [("s1", "local", "private")]
    assert rows(file, "SELECT * FROM persons") == [("local", "You", None)]


def test_the_copy_is_a_database_that_opens(
    file: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(file)
    with monkeypatch.context() as later:
        release(tmp_path_factory.mktemp("program"), later)
        copy = upgrade(address(file))

    async def stored() -> object:
        assert copy is not None
        database = Database.open(copy)
        found = await database.read(lambda s: runs.load(s, "r1"))
        await database.close()
        return found and found.run

    assert asyncio.run(stored()) == making.run()


def test_of_many_that_upgrade_at_once_one_does(
    file: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(file)
    release(tmp_path_factory.mktemp("program"), monkeypatch)
    together = threading.Barrier(4)

    def one(_: int) -> Path | None:
        together.wait(60)
        return upgrade(address(file))

    with ThreadPoolExecutor(4) as pool:
        made = [copy for copy in pool.map(one, range(4)) if copy is not None]
    assert copies(file.parent) == made and len(made) == 1
    assert rows(file, "SELECT version_num FROM alembic_version") == [("9001",)]


@pytest.mark.parametrize(
    "then", ["raise RuntimeError('no')", "op.execute('DELETE FROM sessions')"], ids=["fails", "loses rows"]
)
def test_an_upgrade_that_fails_leaves_everything_as_it_was(
    file: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    filled(file)
    (file.parent / "other.txt").write_text("mine")
    tables = rows(file, "SELECT sql FROM sqlite_master ORDER BY name")
    before, head_of_now = folder_as_it_is(file.parent), head()
    release(tmp_path_factory.mktemp("program"), monkeypatch, then)
    with pytest.raises(Exception, match=r"no$|nothing was changed"):
        upgrade(address(file))
    assert rows(file, "SELECT sql FROM sqlite_master ORDER BY name") == tables
    assert rows(file, "SELECT version_num FROM alembic_version") == [(head_of_now,)]
    assert folder_as_it_is(file.parent) == before


def test_an_upgrade_of_nothing_that_fails_leaves_no_tables(
    file: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(tmp_path_factory.mktemp("program"), monkeypatch, "raise RuntimeError('no')")
    with pytest.raises(RuntimeError, match="no"):
        upgrade(address(file))
    assert rows(file, "SELECT name FROM sqlite_master") == []
    monkeypatch.undo()
    assert upgrade(address(file)) is None


def test_no_copy_no_upgrade(
    file: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(file)
    before = folder_as_it_is(file.parent)
    release(tmp_path_factory.mktemp("program"), monkeypatch)
    real = Path.with_name
    monkeypatch.setattr(Path, "with_name", lambda path, name: real(path, name) / "nowhere")
    with pytest.raises(sqlite3.OperationalError):
        upgrade(address(file))
    assert folder_as_it_is(file.parent) == before
