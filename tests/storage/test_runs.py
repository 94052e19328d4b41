"""Runs: what is stored comes back, through every change of their life."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import tables
from storage.database import Database
from storage.errors import Missing
from storage.records import Cost, Outcome, Run, StoredRun, Vote
from storage.repositories import problems, runs, sessions
from storage.repositories.shared import PIECE
from tests.storage import making
from tests.storage.making import minutes


async def kept(database: Database, run: Run) -> Run:
    await database.write(lambda s: making.store_session(s, None, run))
    found = await database.read(lambda s: runs.get(s, run.id))
    assert found is not None
    return found


async def stored(database: Database, run_id: str = "r1") -> Run:
    found = await database.read(lambda s: runs.get(s, run_id))
    assert found is not None
    return found


async def test_the_newest_finished_run_of_a_method_is_found(database: Database) -> None:
    made = [
        making.run("old", created_at=minutes(1)), making.run("new", created_at=minutes(2), launch_id="l2"),
        making.run("other", created_at=minutes(3), launch_id="l3", method="rci"),
        making.run("gone", created_at=minutes(4), launch_id="l4", deleted_at=minutes(5)),
        making.queued("live", created_at=minutes(6), launch_id="l5"),
    ]  # fmt: skip
    await database.write(lambda s: making.store_session(s, None, *made))

    async def newest() -> str | None:
        found = await database.read(lambda s: runs.newest(s, "self_refine", person="local"))
        return found.id if found else None

    assert await newest() == "new"
    await database.write(lambda s: runs.delete(s, "new"))
    assert await newest() == "old"
    await database.write(lambda s: sessions.delete(s, "s1"))
    assert await newest() is None


async def test_the_finished_runs_of_a_method_come_newest_first_up_to_a_limit(database: Database) -> None:
    made = [making.run(f"r{n}", created_at=minutes(n), launch_id=f"l{n}", tags=("t",)) for n in range(4)]
    other = making.run("other", created_at=minutes(9), launch_id="l9", method="rci")
    await database.write(lambda s: making.store_session(s, None, *made, other))
    found = await database.read(lambda s: runs.finished_of(s, "self_refine", 3, person="local"))
    assert found == [made[3], made[2], made[1]]


def count(table: type, s: Session) -> int | None:
    return s.scalar(select(func.count()).select_from(table))


@pytest.mark.parametrize(
    "run",
    [making.run(), making.queued(), making.queued("r2", owner=None, branch_of=making.run().branch_of)],
    ids=["finished", "queued", "a branch"],
)
async def test_every_field_comes_back(database: Database, run: Run) -> None:
    assert await kept(database, run) == run


async def test_a_run_that_is_not_there_is_none(database: Database) -> None:
    assert await database.read(lambda s: runs.get(s, "nobody")) is None
    assert await database.read(lambda s: runs.load(s, "nobody")) is None


async def test_settings_come_back_as_json_has_them(database: Database) -> None:
    params = {
        "t": (1, 2),
        "nan": float("nan"),
        "inf": [float("inf")],
        "a\0b": "\ud800",
        "big": 10**25,
        "deep": [{"x": []}],
    }
    found = await kept(database, making.run(params=params))
    assert found.params == {
        "t": [1, 2], "nan": None, "inf": [None], "a\ufffdb": "\ufffd", "big": 10**25, "deep": [{"x": []}]
    }  # fmt: skip


async def test_text_that_utf8_cannot_hold_is_replaced(database: Database) -> None:
    found = await kept(database, making.run(name="a\0b", notes="\udc80 \U0001f408", error="x\ud800"))
    assert (found.name, found.notes, found.error) == ("a\ufffdb", "\ufffd \U0001f408", "x\ufffd")


async def test_a_problem_is_kept_once_and_a_later_edit_changes_no_earlier_run(database: Database) -> None:
    edited = replace(making.PROBLEM, question="How many legs have 4 cats?")
    some = [making.run("r1"), making.run("r2"), making.run("r3", problem=edited)]
    await database.write(lambda s: making.store_session(s, None, *some))
    assert [(await stored(database, run.id)).problem for run in some] == [run.problem for run in some]
    assert await database.read(lambda s: count(tables.Problem, s)) == 2
    assert await database.read(lambda s: count(tables.Model, s)) == 1
    found = await database.read(lambda s: problems.versions(s, making.PROBLEM.id))
    assert {problem.question for problem in found} == {making.PROBLEM.question, edited.question}


async def test_a_run_is_stored_once(database: Database) -> None:
    await kept(database, making.run())
    with pytest.raises(IntegrityError):
        await database.write(lambda s: runs.add(s, making.run(launch_id="l9")))
    assert await database.read(lambda s: count(tables.Launch, s)) == 1


async def test_a_session_s_runs_come_in_the_order_of_their_launch_and_column(database: Database) -> None:
    await database.write(
        lambda s: making.store_session(
            s,
            None,
            making.run("a", column=1, created_at=minutes(2), launch_id="l2"),
            making.run("b", column=0, created_at=minutes(2), launch_id="l2"),
            making.run("c", column=5, created_at=minutes(1)),
            making.run("d", deleted_at=minutes(8)),
        )
    )
    found = await database.read(lambda s: runs.of_session(s, "s1"))
    assert [run.id for run in found] == ["c", "b", "a"]
    assert {run.tags for run in found} == {making.run().tags}


async def test_a_run_goes_from_queued_over_running_to_its_end(database: Database) -> None:
    queued = await kept(database, making.queued())
    await database.write(lambda s: runs.set_status(s, "r1", "running", minutes(2)))
    running = await stored(database)
    assert running == replace(queued, status="running", started_at=minutes(2))
    await database.write(lambda s: runs.set_notes(s, "r1", "written meanwhile"))
    await database.write(lambda s: runs.set_tags(s, "r1", ["meanwhile"]))
    ended = replace(running, status="finished", outcome=making.run().outcome, cost=Cost(9, 8, 7, 6.5), oracle=True)
    ended = replace(ended, finished_at=minutes(4), name="not a person's", notes="not a person's")
    await database.write(lambda s: runs.finish(s, ended))
    expected = replace(
        ended, name="", notes="written meanwhile", tags=("meanwhile",), lease_owner=None, lease_until=None
    )
    assert await stored(database) == expected


async def test_a_later_status_keeps_when_it_started(database: Database) -> None:
    await kept(database, making.queued(status="running", started_at=minutes(2)))
    await database.write(lambda s: runs.set_status(s, "r1", "running"))
    assert (await stored(database)).started_at == minutes(2)


async def test_a_finished_run_brings_its_session_to_the_front(database: Database) -> None:
    run = await kept(database, making.queued())
    before = await database.read(lambda s: sessions.get(s, "s1"))
    await database.write(lambda s: runs.finish(s, replace(run, status="failed", error="Out of memory.")))
    after = await database.read(lambda s: sessions.get(s, "s1"))
    assert before is not None and after is not None and after.updated_at > before.updated_at


async def test_a_vote_without_a_weight_counts_nothing(database: Database) -> None:
    outcome = Outcome("12", votes=(Vote("12", (), float("nan")), Vote("", (0,), -2.5, tied=True)))
    found = await kept(database, making.run(outcome=outcome))
    assert found.outcome.votes == (Vote("12", (), 0.0), Vote("", (0,), -2.5, tied=True))


async def test_a_loaded_run_has_everything_below_it(database: Database) -> None:
    await database.write(making.store_everything)
    found = await database.read(lambda s: runs.load(s, "r1"))
    assert isinstance(found, StoredRun)
    assert found.run == making.run()
    assert [generation.id for generation in found.generations] == ["g1", "g2", "g3"]
    assert [score.id for score in found.scores] == ["c1", "c2"]
    assert sorted(found.traces) == ["g1", "g2"]
    making.assert_same_trace(found.traces["g1"], making.trace())


async def test_names_notes_and_tags_are_a_person_s_to_change(database: Database) -> None:
    run = await kept(database, making.run())
    await database.write(lambda s: runs.rename(s, "r1", "Other"))
    await database.write(lambda s: runs.set_notes(s, "r1", "New\nnotes"))
    await database.write(lambda s: runs.set_tags(s, "r1", []))
    assert await stored(database) == replace(run, name="Other", notes="New\nnotes", tags=())


@pytest.mark.parametrize(
    ("given", "tags"),
    [
        (["  two   words ", "two words"], ("two words",)),
        (["Hard", "hard", "HARD", "easy"], ("Hard", "easy")),
        (["", "  ", "\n"], ()),
        (["x" * 150], ("x" * 100,)),
        (["a\0", "\ud800"], ("a\ufffd", "\ufffd")),
        (["z", "a", "m"], ("z", "a", "m")),
    ],
)  # fmt: skip
async def test_tags_are_tidied(database: Database, given: list[str], tags: tuple[str, ...]) -> None:
    await kept(database, making.run())
    await database.write(lambda s: runs.set_tags(s, "r1", given))
    assert (await stored(database)).tags == tags


async def test_a_deleted_run_is_kept_and_can_be_restored(database: Database) -> None:
    run = await kept(database, making.run())
    await database.write(lambda s: runs.delete(s, "r1"))
    assert (await stored(database)).deleted_at is not None
    assert await database.read(lambda s: runs.of_session(s, "s1")) == []
    await database.write(lambda s: runs.restore(s, "r1"))
    assert await stored(database) == run
    assert await database.read(lambda s: runs.of_session(s, "s1")) == [run]


@pytest.mark.parametrize(
    "change",
    [
        lambda s: runs.rename(s, "nobody", "a"),
        lambda s: runs.set_notes(s, "nobody", "a"),
        lambda s: runs.set_tags(s, "nobody", ["a"]),
        lambda s: runs.delete(s, "nobody"),
        lambda s: runs.restore(s, "nobody"),
        lambda s: runs.set_status(s, "nobody", "running"),
        lambda s: runs.finish(s, making.run("nobody")),
    ],
)
async def test_what_is_not_there_cannot_be_changed(database: Database, change: object) -> None:
    with pytest.raises(Missing, match="There is no such run"):
        await database.write(change)  # type: ignore[arg-type]


async def test_a_session_may_hold_more_runs_than_a_statement_takes_ids(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PIECE < 32_766
    monkeypatch.setattr("storage.repositories.shared.PIECE", 2)
    some = [making.queued(f"r{n}", column=n, tags=(f"t{n}",)) for n in range(5)]
    await database.write(lambda s: making.store_session(s, None, *some))
    assert await database.read(lambda s: runs.of_session(s, "s1")) == some
    ids = [run.id for run in some]
    assert await database.write(lambda s: runs.renew_lease(s, ids, "me", minutes(9))) == 5
    assert await database.write(lambda s: runs.interrupt_expired(s, minutes(10))) == ids
