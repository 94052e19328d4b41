"""Who may read, change and own what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from storage import tables
from storage.database import Database
from storage.records import Person, Sharing
from storage.repositories import persons as person_store
from storage.repositories import sessions as session_store
from tests.runs.following import asked
from tests.runs.puppet import Puppet
from tests.storage import making
from webapp.events import Batch, Tokens
from webapp.runs.access import NOT_HERE, ONLY_OWNER, ONLY_READ, Access, NoAccess, Right, Thing
from webapp.runs.feed import UnknownRun
from webapp.runs.library import LibraryService
from webapp.runs.limits import Limits
from webapp.runs.persons import Persons
from webapp.runs.request import BadRequest
from webapp.runs.service import RunService

OWNER, OTHER = Person("local", "You"), Person("other", "Other")
THINGS: dict[Thing, str] = {"session": "s1", "run": "r1", "text": "g1"}


@pytest.fixture
async def access(database: Database) -> Access:
    """Return what asks a database with a session of one person, and another person."""
    await database.write(lambda s: person_store.keep(s, OTHER))
    await database.write(making.store_everything)
    return Access(database)


async def shared(database: Database, sharing: Sharing) -> None:
    await database.write(lambda s: session_store.share(s, "s1", sharing))


@pytest.mark.parametrize(
    ("sharing", "rights"), [("private", ""), ("read", "read"), ("write", "read write")]
)  # fmt: skip
async def test_a_session_and_all_in_it_is_open_as_its_owner_says(
    access: Access, database: Database, sharing: Sharing, rights: str
) -> None:
    await shared(database, sharing)
    every: tuple[Right, ...] = ("read", "write", "own")
    for thing, key in THINGS.items():
        assert [right for right in every if await access.may(thing, key, OWNER.id, right)] == [*every]
        assert [right for right in every if await access.may(thing, key, OTHER.id, right)] == rights.split()


async def test_what_may_not_be_read_is_told_like_what_is_not_there(access: Access, database: Database) -> None:
    async def refusal(thing: Thing, key: str, right: Right) -> str:
        with pytest.raises(NoAccess) as refused:
            await access.require(thing, key, OTHER.id, right)
        return str(refused.value)

    rights: tuple[Right, ...] = ("read", "write", "own")
    for thing, key in THINGS.items():
        told = {await refusal(thing, each, right) for each in (key, "nothing") for right in rights}
        assert told == {NOT_HERE[thing]}
    await shared(database, "read")
    assert [await refusal("run", "r1", right) for right in ("write", "own")] == [ONLY_READ, ONLY_READ]
    await shared(database, "write")
    assert await refusal("session", "s1", "own") == ONLY_OWNER


async def test_who_may_write_adds_runs_and_who_may_read_does_not(
    access: Access, database: Database, service: RunService
) -> None:
    async def launch() -> str:
        [run] = await service.launch([asked(session_id="s1")], person=OTHER.id)
        await service.wait(run)
        return run

    with pytest.raises(BadRequest, match="That session no longer exists"):
        await launch()
    await shared(database, "read")
    with pytest.raises(NoAccess, match=ONLY_READ):
        await launch()
    await shared(database, "write")
    run = await LibraryService(database).of(OWNER).run(await launch())
    assert run is not None and run.session_id == "s1"


async def test_only_the_owner_shares_and_deletes(access: Access, database: Database) -> None:
    await shared(database, "write")
    other = LibraryService(database).of(OTHER)
    for change in (other.share_session("s1", "private"), other.delete_session("s1")):
        with pytest.raises(NoAccess, match=ONLY_OWNER):
            await change
    await other.rename_run("r1", "Renamed")
    await LibraryService(database).of(OWNER).share_session("s1", "private")
    with pytest.raises(NoAccess, match=NOT_HERE["run"]):
        await other.rename_run("r1", "Again")


async def test_lists_say_whose_a_session_is_and_what_may_be_changed(access: Access, database: Database) -> None:
    await shared(database, "read")
    other = LibraryService(database).of(OTHER)
    [session] = (await other.sessions()).items
    assert (session.owner, session.sharing, other.may_add(session)) == ("You", "read", False)
    assert {row.writable for row in (await other.search()).items} == {False}
    assert {row.writable for row in (await LibraryService(database).of(OWNER).search()).items} == {True}
    await database.write(lambda s: session_store.delete(s, "s1"))
    assert (await other.sessions(deleted=True)).total == 0


async def test_a_default_session_is_one_that_may_be_added_to(access: Access, database: Database) -> None:
    persons = Persons(database)
    assert await persons.default_session(OWNER) is None
    await persons.set_default_session(OWNER, "s1")
    assert await persons.default_session(OWNER) == "s1"
    with pytest.raises(NoAccess):
        await persons.set_default_session(OTHER, "s1")
    await shared(database, "write")
    await persons.set_default_session(OTHER, "s1")
    assert await persons.default_session(OTHER) == "s1"
    await shared(database, "read")
    assert await persons.default_session(OTHER) is None
    await persons.set_default_session(OWNER, None)
    assert await persons.default_session(OWNER) is None


async def test_whoever_may_no_longer_watch_a_run_is_told_no_more(
    access: Access, database: Database, puppet: Puppet, make_service: Callable[..., Any]
) -> None:
    service: RunService = await make_service(Limits(recheck=0.0))
    await shared(database, "read")
    puppet.gate.clear()
    [run] = await service.launch([asked(session_id="s1")], person=OWNER.id)
    watching = service.subscribe(run, person=OTHER.id)
    await anext(watching)
    await shared(database, "private")
    puppet.gate.set()
    with pytest.raises(UnknownRun):
        async for _ in watching:
            pass
    await service.wait(run)


async def test_what_a_viewer_waited_for_is_not_told_once_the_right_is_gone(
    access: Access,
    database: Database,
    puppet: Puppet,
    make_service: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service: RunService = await make_service(Limits(recheck=0.0))
    await shared(database, "read")
    puppet.gate.clear()
    [run] = await service.launch([asked(session_id="s1")], person=OWNER.id)
    batches: list[Batch] = []
    looks: list[bool] = []
    may = Access.may

    async def looked(*what: Any) -> bool:
        looks.append(await may(*what))
        return looks[-1]

    async def watch() -> None:
        async for batch in service.subscribe(run, person=OTHER.id):
            batches.append(batch)

    monkeypatch.setattr(Access, "may", looked)
    watching = asyncio.create_task(watch())
    async with asyncio.timeout(10):
        while not (batches and len(looks) > len(batches)):  # noqa: ASYNC110  until it waits for what comes next
            await asyncio.sleep(0)
    await shared(database, "private")
    puppet.gate.set()
    with pytest.raises(UnknownRun):
        await watching
    assert not any(isinstance(event, Tokens) for batch in batches for event in batch.events)
    await service.wait(run)


async def test_people_are_kept_once_under_the_name_they_go_by_now(database: Database) -> None:
    persons = Persons(database)
    await persons.welcome(OTHER, Person("third", "Third"))
    await persons.welcome(Person("other", "Another"))
    found = await database.read(lambda s: {row.id: row.name for row in s.query(tables.Person)})
    assert found == {"local": "You", "other": "Another", "third": "Third"}
