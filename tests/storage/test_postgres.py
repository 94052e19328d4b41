"""What only a server does: its languages, encodings, rights and releases, and upgrades without a file to copy."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from storage import postgres, tables
from storage.connect import address, connect
from storage.database import Database, DatabaseError, ForeignDatabase, Locked, NewerDatabase, Unreachable, Unwritable
from storage.repositories import runs, sessions
from storage.tables import Base
from storage.upgrade import revision, upgrade
from tests.postgres import Cluster, database
from tests.storage import making
from tests.storage.places import ROOT, names
from tests.storage.test_upgrade import head, release

Rows = list[tuple[object, ...]]


@pytest.fixture
def fresh(server: Cluster, template: str) -> object:
    """Return the address of a database of this release that holds nothing yet."""
    with database(server, template) as made:
        yield made


def rows(place: str, query: str) -> Rows:
    engine = connect(address(place), "migrate")
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.exec_driver_sql(query)]
    engine.dispose()
    return found


def filled(place: str) -> None:
    async def fill() -> None:
        opened = Database.open(place)
        await opened.write(making.store_everything)
        await opened.close()

    asyncio.run(fill())


def everything(place: str) -> dict[str, Rows]:
    """Return the rows of every table as text, and its columns."""
    of = "SELECT column_name, data_type, collation_name FROM information_schema.columns WHERE table_name = '{}'"
    called = [str(name) for (name,) in rows(place, "SELECT relname FROM pg_stat_user_tables ORDER BY relname")]
    return {
        name: rows(place, f"SELECT t::text FROM {name} t ORDER BY 1") + rows(place, of.format(name) + " ORDER BY 1")
        for name in called
    }


def test_a_fresh_database_is_what_the_tables_say(fresh: str) -> None:
    engine = connect(address(fresh), "migrate")
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []
        assert revision(connection) == head()
    engine.dispose()
    other = "SELECT column_name FROM information_schema.columns WHERE data_type = 'text' AND collation_name <> 'C'"
    assert rows(fresh, f"{other} AND table_schema = 'public'") == []


async def test_texts_are_ordered_by_their_bytes_whatever_the_language_of_the_server(server: Cluster) -> None:
    made = server.create("template0", "LOCALE_PROVIDER icu ICU_LOCALE 'sv' LOCALE 'C'")
    opened = Database.open(made.render_as_string())
    assert server.say("SELECT 'a' < 'B' AND 'ä' > 'z'", str(made.database)) == [(True,)], "the server orders so"
    for name in ("b", "ä", "B", "a", "z", "_"):
        await opened.write(lambda s, name=name: sessions.create(s, making.session(name)))
    ids = await opened.read(lambda s: list(s.scalars(select(tables.Session.id).order_by(tables.Session.id))))
    assert ids == sorted(ids) == ["B", "_", "a", "b", "z", "ä"]
    await opened.close()
    server.drop(made)


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_cannot_hold_every_character_is_refused(server: Cluster, encoding: str) -> None:
    made = server.create("template0", f"ENCODING '{encoding}' LOCALE 'C'")
    with pytest.raises(Unreachable, match=f"its encoding is {encoding}.*createdb --encoding UTF8"):
        Database.open(made.render_as_string())
    assert server.say("SELECT relname FROM pg_stat_user_tables", str(made.database)) == []
    server.drop(made)


def test_a_server_of_long_ago_is_refused(fresh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "OLDEST", 999)
    with pytest.raises(Unreachable, match="too old: PostgreSQL 999 or newer"):
        Database.open(fresh)


def test_a_user_without_rights_is_told_so(server: Cluster) -> None:
    server.say("CREATE ROLE guest LOGIN")
    made = server.create().set(username="guest")
    with pytest.raises(Unwritable, match=r"does not let its user make or change tables.*OWNER"):
        Database.open(made.render_as_string())
    server.drop(made)


def test_a_database_that_may_only_be_read_is_refused_on_opening(server: Cluster, fresh: str) -> None:
    server.say(f"ALTER DATABASE {address(fresh).database} SET default_transaction_read_only = on")
    with pytest.raises(Unwritable, match="can only be read"):
        Database.open(fresh)


def test_a_server_that_takes_no_more_connections_is_busy(server: Cluster, fresh: str) -> None:
    server.say(f"CREATE ROLE few LOGIN CONNECTION LIMIT 0; ALTER DATABASE {address(fresh).database} OWNER TO few")
    with pytest.raises((Locked, Unreachable), match=r"too many connections|takes no more connections"):
        Database.open(address(fresh).set(username="few").render_as_string())


def test_names_that_the_server_does_not_know_are_sentences(server: Cluster) -> None:
    with pytest.raises(Unreachable, match=r'cannot be used.*"nowhere" does not exist'):
        Database.open(server.url("nowhere").render_as_string())
    with pytest.raises(Unreachable, match="cannot be used"):
        Database.open("postgresql://me:secret@127.0.0.1:9/name")
    with pytest.raises(Unreachable) as caught:
        Database.open("postgres://me:secret@127.0.0.1:9/name")
    assert "secret" not in str(caught.value)


def test_another_program_s_database_is_left_alone(server: Cluster) -> None:
    made = server.create()
    server.say("CREATE TABLE spans (id int)", str(made.database))
    with pytest.raises(ForeignDatabase, match=r"belongs to another program.*Choose another database\."):
        Database.open(made.render_as_string())
    assert server.say("SELECT relname FROM pg_stat_user_tables", str(made.database)) == [("spans",)]
    server.drop(made)


def test_a_newer_release_s_database_is_left_alone(server: Cluster, fresh: str) -> None:
    server.say("UPDATE alembic_version SET version_num = '0999'", str(address(fresh).database))
    before = everything(fresh)
    with pytest.raises(NewerDatabase, match=r"newer release \(revision 0999\).*choose another database"):
        Database.open(fresh)
    assert everything(fresh) == before


def test_what_a_program_does_wrong_is_no_sentence(fresh: str) -> None:
    opened = Database.open(fresh)
    with pytest.raises(ProgrammingError):
        asyncio.run(opened.read(lambda s: s.execute(text("SELECT nothing FROM nowhere"))))
    asyncio.run(opened.close())


async def test_a_process_that_freezes_while_it_writes_is_given_up(
    fresh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Database.open(fresh)
    monkeypatch.setattr(postgres, "_FROZEN", "100ms")
    frozen = connect(address(fresh), "write")
    with frozen.connect() as connection:
        connection.begin()
        await opened.write(lambda s: sessions.create(s, making.session()))
        connection.invalidate()
    frozen.dispose()
    assert await opened.read(names) == ["Cats and legs"]
    await opened.close()


def test_an_earlier_release_s_database_is_upgraded_and_the_copy_left_to_pg_dump(
    fresh: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    filled(fresh)
    before, of = rows(fresh, "SELECT id, status, answer FROM runs ORDER BY id"), head()
    release(tmp_path, monkeypatch, recreate="auto")
    with caplog.at_level(logging.WARNING, "second_thoughts.storage"):
        assert upgrade(address(fresh)) is None
    assert f"from revision {of}" in caplog.text and "pg_dump" in caplog.text
    assert rows(fresh, "SELECT version_num FROM alembic_version") == [("9001",)]
    assert rows(fresh, "SELECT id, status, answer FROM runs ORDER BY id") == before
    assert rows(fresh, "SELECT DISTINCT mood FROM runs") == [("calm",)]
    assert rows(fresh, "SELECT count(*) FROM run_tags") == [(4,)]
    assert rows(fresh, "SELECT collation_name FROM information_schema.columns WHERE column_name = 'mood'") == [("C",)]


def test_an_upgrade_that_fails_leaves_everything_as_it_was(
    fresh: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(fresh)
    before = everything(fresh)
    release(tmp_path, monkeypatch, "raise RuntimeError('no')", "auto")
    with pytest.raises(RuntimeError, match="no"):
        upgrade(address(fresh))
    assert everything(fresh) == before


def test_of_many_that_upgrade_at_once_one_does(
    fresh: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    filled(fresh)
    release(tmp_path, monkeypatch, recreate="auto")
    together = threading.Barrier(4)

    def one(_: int) -> None:
        together.wait(60)
        upgrade(address(fresh))

    with caplog.at_level(logging.WARNING, "second_thoughts.storage"), ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(4)))
    assert caplog.text.count("pg_dump") == 1
    assert rows(fresh, "SELECT version_num FROM alembic_version") == [("9001",)]


async def test_the_year_1_comes_back_in_any_zone(server: Cluster, fresh: str) -> None:
    server.say(f"ALTER DATABASE {address(fresh).database} SET timezone = 'America/Los_Angeles'")
    opened = Database.open(fresh)
    long_ago = making.NOON.replace(year=1, month=1, day=1, hour=0)
    await opened.write(lambda s: making.store_session(s, None, making.run(created_at=long_ago)))
    found = await opened.read(lambda s: runs.get(s, "r1"))
    assert found is not None and found.created_at == long_ago
    await opened.close()


def test_the_driver_is_imported_only_for_a_server(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from storage.database import Database, DatabaseError\n"
        "asyncio.run(Database.open(sys.argv[1]).close())\n"
        "assert 'psycopg' not in sys.modules\n"
        "sys.modules['psycopg'] = None\n"
        "try:\n"
        "    Database.open('postgresql://me:secret@localhost/name')\n"
        "except DatabaseError as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "runs.db")]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "pip install 'psycopg[binary]'" in said and "secret" not in said


def test_every_refusal_of_a_server_is_an_error_of_the_database() -> None:
    from storage.errors import _SERVER

    assert all(issubclass(kind, DatabaseError) and "{place}" in sentence for kind, sentence in _SERVER.values())
