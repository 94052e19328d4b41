"""A person's sessions: made, named, put away and brought back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.errors import Missing
from storage.records import Session
from storage.repositories import runs, sessions
from tests.storage import making
from tests.storage.making import minutes


async def kept(database: Database, session: Session) -> Session:
    await database.write(lambda s: sessions.create(s, session))
    return await stored(database, session.id)


async def stored(database: Database, session: str = "s1") -> Session:
    found = await database.read(lambda s: sessions.get(s, session))
    assert found is not None
    return found


@pytest.mark.parametrize("session", [making.session(), making.session(notes="", tags=(), deleted_at=minutes(4))])
async def test_every_field_comes_back(database: Database, session: Session) -> None:
    assert await kept(database, session) == session


async def test_a_session_that_is_not_there_is_none(database: Database) -> None:
    assert await database.read(lambda s: sessions.get(s, "nobody")) is None


async def test_a_session_of_nobody_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError):
        await database.write(lambda s: sessions.create(s, making.session(person_id="nobody")))


async def test_a_change_by_the_person_counts_as_one(database: Database) -> None:
    session = await kept(database, making.session())
    await database.write(lambda s: sessions.rename(s, "s1", "Dogs"))
    renamed = await stored(database)
    assert renamed.updated_at > session.updated_at
    await database.write(lambda s: sessions.set_notes(s, "s1", "Four legs"))
    await database.write(lambda s: sessions.set_tags(s, "s1", ["b", "a", "B"]))
    changed = await stored(database)
    assert changed.updated_at > renamed.updated_at
    expected = replace(session, name="Dogs", notes="Four legs", tags=("b", "a"), updated_at=changed.updated_at)
    assert changed == expected


async def test_deleting_and_restoring_leaves_a_session_as_it_was(database: Database) -> None:
    await database.write(lambda s: making.store_session(s, None, making.run("r1"), making.run("r2")))
    before = await stored(database)
    await database.write(lambda s: runs.delete(s, "r2"))
    await database.write(lambda s: sessions.delete(s, "s1"))
    assert (await stored(database)).deleted_at is not None
    assert await database.read(lambda s: runs.get(s, "r1")) == making.run("r1")
    await database.write(lambda s: sessions.restore(s, "s1"))
    assert await stored(database) == before
    assert [run.id for run in await database.read(lambda s: runs.of_session(s, "s1"))] == ["r1"]


async def test_recent_sessions_are_those_that_changed_last(database: Database) -> None:
    for name, moment in (("a", 3), ("c", 5), ("b", 5), ("d", 4)):
        await kept(database, making.session(name, updated_at=minutes(moment)))
    await kept(database, making.session("gone", updated_at=minutes(9), deleted_at=minutes(9)))
    found = await database.read(sessions.recent)
    assert [session.id for session in found] == ["c", "b", "d", "a"]
    assert {session.tags for session in found} == {making.session().tags}
    assert [s.id for s in await database.read(lambda s: sessions.recent(s, 2))] == ["c", "b"]
    assert await database.read(lambda s: sessions.recent(s, person="nobody")) == []
    assert len(await database.read(lambda s: sessions.recent(s, person="local"))) == 4


async def test_a_new_run_brings_its_session_to_the_front_but_an_old_one_does_not(database: Database) -> None:
    await kept(database, making.session(updated_at=minutes(5)))
    await database.write(lambda s: runs.add(s, making.run("r1", created_at=minutes(2))))
    assert (await stored(database)).updated_at == minutes(5)
    await database.write(lambda s: runs.add(s, making.run("r2", created_at=minutes(7))))
    assert (await stored(database)).updated_at == minutes(7)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: sessions.rename(s, "nobody", "a"),
        lambda s: sessions.set_notes(s, "nobody", "a"),
        lambda s: sessions.set_tags(s, "nobody", ["a"]),
        lambda s: sessions.delete(s, "nobody"),
        lambda s: sessions.restore(s, "nobody"),
    ],
)
async def test_what_is_not_there_cannot_be_changed(database: Database, change: object) -> None:
    with pytest.raises(Missing, match="There is no such session"):
        await database.write(change)  # type: ignore[arg-type]
