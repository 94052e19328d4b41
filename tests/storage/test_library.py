"""Lists for people: found by what anything says, newest first, a page at a time, without ever opening a trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, text

from storage.database import Database
from storage.records import Outcome, Page, RunRow, SessionRow, VerdictValue
from storage.repositories import generations, library, runs, sessions
from tests.storage import making
from tests.storage.making import minutes


async def search(database: Database, text: str = "", **options: Any) -> list[str]:
    page = await pages(database, text, **options)
    assert page.total == len(page.items)
    return [row.id for row in page.items]


async def pages(database: Database, text: str = "", **options: Any) -> Page[RunRow]:
    return await database.read(lambda s: library.search(s, text, person="local", **options))


async def listed(database: Database, text: str = "", **options: Any) -> Page[SessionRow]:
    return await database.read(lambda s: library.sessions(s, text, person="local", **options))


def plain(id: str, question: str = "Why?", **changes: Any) -> Any:
    """Return a run that says next to nothing."""
    problem = replace(making.PROBLEM, question=question, choices=(), reference=None)
    return making.run(
        id, **({"problem": problem, "outcome": Outcome(), "name": "", "notes": "", "tags": ()} | changes)
    )


async def store(database: Database, *some: Any) -> None:
    await database.write(lambda s: making.store_session(s, None, *some))


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Collect the statements that readers run."""
    said: list[str] = []

    def hear(_: Any, __: Any, statement: str, *rest: Any) -> None:
        said.append(statement)

    event.listen(database._reader, "before_cursor_execute", hear)
    yield said
    event.remove(database._reader, "before_cursor_execute", hear)


@pytest.fixture
async def shelf(database: Database) -> Database:
    """Return a database in which one run each says something in one place, and one says nothing."""
    await store(
        database,
        plain("question", "How many Zebras?"),
        plain("choice", problem=replace(making.PROBLEM, question="?", choices=("three zebras", "none"))),
        plain("answer", outcome=Outcome(answer="zebra")),
        plain("first", outcome=Outcome(first_answer="ZEBRA")),
        plain("text"),
        plain("name", name="my zebra"),
        plain("notes", notes="a\nZebra\nb"),
        plain("silent", tags=("zebra",), method="zebra", error="zebra"),
    )
    said = making.generation("g1", run_id="text", text="It is the zEBra.", spans=())
    await database.write(lambda s: generations.save(s, said, making.trace()))
    return database


@pytest.mark.parametrize("needle", ["zebra", "ZEBRA", "  Zebra ", "ebr"])
async def test_a_run_is_found_by_what_it_says_anywhere(shelf: Database, needle: str) -> None:
    places = {"question", "choice", "answer", "first", "text", "name", "notes"}
    assert set(await search(shelf, needle)) == places


async def test_who_looks_for_nothing_finds_everything(shelf: Database) -> None:
    assert len(await search(shelf)) == len(await search(shelf, "  \n")) == 8
    assert await search(shelf, "giraffe") == []


@pytest.mark.parametrize(
    ("said", "needle"), [("ÄRGER", "ärger"), ("Straße", "STRASSE"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("Привет", "ПРИВЕТ")]
)  # fmt: skip
async def test_case_does_not_count_in_any_script(database: Database, said: str, needle: str) -> None:
    await store(database, plain("r1", said), plain("r2"))
    assert await search(database, needle) == ["r1"]


@pytest.mark.parametrize("needle", ["%", "_", "/", "\\", "100%", "a_b", "//", "*", "?x", "[a]", '"', "'; --"])
async def test_no_character_is_a_wildcard(database: Database, needle: str) -> None:
    await store(database, plain("with", f"so {needle} it is"), plain("without", "so 100 axb [] is it"))
    assert await search(database, needle) == ["with"]


async def test_characters_that_no_text_can_hold_find_what_replaced_them(database: Database) -> None:
    await store(database, plain("r1", "a\0b"), plain("r2", "ab"))
    assert await search(database, "a\0b") == await search(database, "a\ud800b") == ["r1"]


async def test_a_text_of_any_length_may_be_looked_for(database: Database) -> None:
    await store(database, plain("r1", "ΐ" * 3000), plain("r2"))
    assert await search(database, "ΐ" * 60_000) == ["r1"]


async def test_changes_are_found_and_what_was_before_is_not(shelf: Database) -> None:
    await shelf.write(lambda s: runs.rename(s, "name", "my giraffe"))
    await shelf.write(lambda s: runs.set_notes(s, "notes", "ok"))
    await shelf.write(lambda s: runs.finish(s, plain("answer", outcome=Outcome("okapi"))))
    changed = making.generation("g1", run_id="text", text="It is not.", spans=())
    await shelf.write(lambda s: generations.save(s, changed, None))
    assert set(await search(shelf, "zebra")) == {"question", "choice", "first"}
    assert await search(shelf, "okapi") == ["answer"]
    assert await search(shelf, "my giraffe") == ["name"]


async def test_runs_come_newest_first_and_those_of_a_launch_by_column(database: Database) -> None:
    await store(
        database,
        plain("old", created_at=minutes(1)),
        plain("b", created_at=minutes(5), launch_id="l2", column=1),
        plain("a", created_at=minutes(5), launch_id="l2", column=0),
        plain("c", created_at=minutes(5), launch_id="l3", column=0),
        plain("new", created_at=minutes(9)),
    )
    assert await search(database) == ["new", "c", "a", "b", "old"]


async def test_pages_follow_one_another_without_gap_or_repetition(database: Database) -> None:
    # all made at one moment, so that only the ids tell them apart
    await store(database, *(plain(f"r{n:02}", column=0) for n in range(25)))
    found = [await pages(database, offset=start, limit=10) for start in (0, 10, 20, 30)]
    assert [len(page.items) for page in found] == [10, 10, 5, 0]
    assert {page.total for page in found} == {25}
    assert [row.id for page in found for row in page.items] == [f"r{n:02}" for n in range(25)]


async def test_pages_are_made_by_the_database_and_traces_stay_closed(shelf: Database) -> None:
    with statements(shelf) as said:
        page = await pages(shelf, "zebra", offset=1, limit=2)
    assert (len(page.items), page.total) == (2, 7)
    assert any("LIMIT" in statement and "OFFSET" in statement for statement in said)
    said = [statement for statement in said if statement != "BEGIN"]  # which a driver may say by itself
    assert len(said) == 3, "the length, the page and its tags"
    assert not any("token_traces" in statement or "blob" in statement for statement in said)


async def test_damaged_traces_do_not_keep_a_run_from_the_list(shelf: Database) -> None:
    await shelf.write(lambda s: s.execute(text("UPDATE token_traces SET blob = substr(blob, 1, 1)")))
    assert "text" in await search(shelf, "zebra")


async def test_a_row_says_what_the_run_is(database: Database) -> None:
    await store(database, making.run())
    (row,) = (await pages(database)).items
    run = making.run()
    assert row == RunRow(
        id="r1", session_id="s1", session_name="Cats and legs", launch_id="l1", column=2, problem_id="gsm8k-17",
        question="How many legs have 3 cats?", method="self_refine", model_id="smol", seed=2**40, status="finished",
        answer="12", verdict="correct", first_answer="10", first_verdict="incorrect", oracle=True, branch=True,
        cost=run.cost, created_at=run.created_at, name="The good one", notes="Look at round 2.", tags=run.tags,
    )  # fmt: skip


@pytest.mark.parametrize("verdict", ["correct", "incorrect", "unparsed", "ungraded"])
@pytest.mark.parametrize("first", ["correct", "incorrect", "unparsed", "ungraded"])
async def test_a_row_has_the_transition(database: Database, first: VerdictValue, verdict: VerdictValue) -> None:
    await store(database, plain("r1", outcome=Outcome("b", verdict, "a", first)))
    (row,) = (await pages(database)).items
    assert (row.first_verdict, row.verdict) == (first, verdict)


async def test_a_long_question_is_cut_by_the_database(database: Database) -> None:
    await store(database, plain("r1", "é" * 5000, outcome=Outcome("n" * 5000, first_answer="m" * 5000)))
    (row,) = (await pages(database)).items
    assert row.question == "é" * library.EXCERPT
    assert (row.answer, row.first_answer) == ("n" * library.EXCERPT, "m" * library.EXCERPT)
    assert row.branch is True and row.deleted_at is None


async def test_runs_are_listed_by_session_and_tag(database: Database) -> None:
    await database.write(lambda s: sessions.create(s, making.session("s2", name="Other")))
    await store(database, plain("r1", tags=("Hard", "x")), plain("r2", session_id="s2", tags=("hard",)), plain("r3"))
    assert await search(database, session="s1") == ["r1", "r3"]
    assert await search(database, session="s2") == ["r2"]
    assert await search(database, session="nobody") == []
    assert set(await search(database, tag="HARD")) == {"r1", "r2"}
    assert await search(database, tag="hard", session="s1") == ["r1"]
    assert await search(database, tag="har") == await search(database, tag="%") == []


async def test_tags_in_use_are_listed_once_and_in_order(database: Database) -> None:
    await database.write(lambda s: sessions.create(s, making.session("gone", deleted_at=minutes(1))))
    await store(
        database,
        plain("r1", tags=("zeta", "Hard")),
        plain("r2", tags=("hard", "Alpha")),
        plain("r3", tags=("deleted",), deleted_at=minutes(2)),
        plain("r4", session_id="gone", launch_id="l4", tags=("deleted",)),
    )
    assert await database.read(lambda s: library.tags(s, person="local")) == ["Alpha", "Hard", "zeta"]


async def test_a_deleted_run_is_in_the_list_of_deleted_ones_until_it_is_restored(shelf: Database) -> None:
    await shelf.write(lambda s: runs.delete(s, "name"))
    assert "name" not in await search(shelf)
    assert await search(shelf, deleted=True) == await search(shelf, "zebra", deleted=True) == ["name"]
    assert (await pages(shelf, deleted=True)).items[0].deleted_at is not None
    await shelf.write(lambda s: runs.restore(s, "name"))
    assert "name" in await search(shelf)
    assert await search(shelf, deleted=True) == []


async def test_runs_of_a_deleted_session_are_in_no_list(shelf: Database) -> None:
    await shelf.write(lambda s: runs.delete(s, "name"))
    await shelf.write(lambda s: sessions.delete(s, "s1"))
    assert await search(shelf) == await search(shelf, deleted=True) == []
    await shelf.write(lambda s: sessions.restore(s, "s1"))
    assert len(await search(shelf)) == 7
    assert await search(shelf, deleted=True) == ["name"]


async def test_a_session_is_listed_with_the_number_of_its_runs(database: Database) -> None:
    await database.write(making.store_everything)
    await database.write(lambda s: sessions.create(s, making.session("s0", tags=(), updated_at=minutes(99))))
    page = await listed(database)
    assert [(row.id, row.runs, row.live_runs) for row in page.items] == [("s0", 0, 0), ("s1", 3, 1)]
    assert page.total == 2
    last = page.items[1]
    assert (last.name, last.notes, last.tags) == ("Cats and legs", "Some notes.", ("demo", "Year 7"))
    assert (last.person_id, last.created_at, last.deleted_at) == ("local", making.NOON, None)


async def test_a_session_is_found_by_its_name_notes_and_questions(database: Database) -> None:
    def fill(s: Any) -> None:
        sessions.create(s, making.session("name", name="ZEBRA 1%", notes=""))
        sessions.create(s, making.session("notes", name="", notes="some zebra"))
        sessions.create(s, making.session("question", name="", notes=""))
        sessions.create(s, making.session("deleted", name="", notes=""))
        sessions.create(s, making.session("silent", name="", notes=""))
        runs.add(s, plain("r1", "Zebra?", session_id="question", launch_id="l1"))
        runs.add(s, plain("r2", "Zebra?", session_id="deleted", launch_id="l2", deleted_at=minutes(1)))

    await database.write(fill)
    assert {row.id for row in (await listed(database, "zebra")).items} == {"name", "notes", "question"}
    assert [row.id for row in (await listed(database, "1%")).items] == ["name"]
    assert (await listed(database, "%")).total == 1
    await database.write(lambda s: sessions.rename(s, "name", "okapi"))
    assert [row.id for row in (await listed(database, "OKAPI")).items] == ["name"]


async def test_sessions_come_last_changed_first_in_pages(database: Database) -> None:
    def fill(s: Any) -> None:
        for n in range(7):
            sessions.create(s, making.session(f"s{n}", updated_at=minutes(n // 2)))

    await database.write(fill)
    found = [await listed(database, offset=start, limit=3) for start in (0, 3, 6)]
    assert [row.id for page in found for row in page.items] == ["s6", "s5", "s4", "s3", "s2", "s1", "s0"]
    assert {page.total for page in found} == {7}


async def test_deleted_sessions_have_a_list_of_their_own(database: Database) -> None:
    await database.write(lambda s: sessions.create(s, making.session()))
    await database.write(lambda s: sessions.delete(s, "s1"))
    assert (await listed(database)).items == []
    (row,) = (await listed(database, deleted=True)).items
    assert row.id == "s1" and row.deleted_at is not None
    await database.write(lambda s: sessions.restore(s, "s1"))
    assert (await listed(database)).total == 1
    assert (await listed(database, deleted=True)).total == 0
