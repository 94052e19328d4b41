"""Cells are claimed by one worker, settled once, and neither lost nor done twice, whatever ends in between."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from storage.database import Database
from storage.errors import ClaimLost, Missing
from storage.records import Cost
from storage.repositories import cell_work, cells, experiments, runs, sessions
from storage.repositories.cell_work import News
from tests.storage import grids
from tests.storage.grids import LEASE, launch, states, step
from tests.storage.making import NOON

LATER = NOON + LEASE + timedelta(seconds=1)


async def test_a_step_claims_waiting_cells_in_order_and_no_cell_twice(database: Database) -> None:
    await database.write(grids.store)
    first = await database.write(lambda s: step(s, 3))
    second = await database.write(lambda s: step(s, 3, owner="another"))
    assert [cell.position for cell in first.claimed] == [0, 1, 2]
    assert [cell.position for cell in second.claimed] == [3]
    assert len({cell.run_id for cell in (*first.claimed, *second.claimed)}) == 4
    assert (first.here, second.here, second.running) == (None, 0, 4), "what is left is counted where room was left"
    assert all(cell.attempts == 1 and cell.problem.question for cell in first.claimed)


async def test_what_ended_is_settled_and_the_last_cell_finishes_the_experiment(database: Database) -> None:
    await database.write(grids.store)
    a, b, c, d = (await database.write(step)).claimed

    def end(s: Session) -> None:
        grids.finish(s, a)
        grids.finish(s, b, status="failed", error="The model ran out of memory.")
        grids.finish(s, c, status="cancelled")
        launch(s, d)

    await database.write(end)
    found = await database.write(lambda s: step(s, 2))
    assert (found.status, found.spent, found.running) == ("running", Cost(300, 150, 6, 9.0), 1)
    rows = (await database.read(lambda s: cells.page(s, "e1"))).items
    assert [(row.state, row.error) for row in rows] == [
        ("done", ""), ("failed", "The model ran out of memory."), ("failed", cell_work.STOPPED), ("running", ""),
    ]  # fmt: skip
    await database.write(lambda s: grids.end(s, d))
    last = await database.write(lambda s: step(s, now=NOON + timedelta(minutes=1)))
    stored = await database.read(lambda s: experiments.get(s, "e1"))
    assert stored is not None and last.status == stored.status == "finished"
    assert stored.finished_at == NOON + timedelta(minutes=1)


async def test_a_dead_worker_s_finished_run_counts_and_its_unfinished_one_is_begun_again(database: Database) -> None:
    await database.write(grids.store)
    done, cut, never, waits = (await database.write(lambda s: step(s, owner="dead"))).claimed

    def killed(s: Session) -> None:
        grids.finish(s, done)  # committed, but nobody was left to settle it
        grids.die(s, cut)
        grids.put(s, waits.position, lease_until=LATER + LEASE)

    await database.write(killed)
    early = await database.write(step)
    assert early.claimed == (), "its claims hold for a while"
    found = await database.write(lambda s: step(s, now=LATER))
    assert [cell.position for cell in found.claimed] == [cut.position, never.position]
    assert [cell.attempts for cell in found.claimed] == [2, 2]
    assert {cell.run_id for cell in found.claimed}.isdisjoint({cut.run_id, never.run_id})
    rows = (await database.read(lambda s: cells.page(s, "e1"))).items
    assert [row.state for row in rows] == ["done", "running", "running", "running"]
    void = await database.read(lambda s: runs.get(s, cut.run_id or ""))
    assert void is not None and void.deleted_at == LATER, "the run of the attempt before is put away"


async def test_a_run_that_is_alive_keeps_its_cell_although_nobody_could_renew_the_claim(database: Database) -> None:
    await database.write(lambda s: grids.store(s, 1))
    [claimed] = (await database.write(lambda s: step(s, owner="cut off"))).claimed
    await database.write(lambda s: launch(s, claimed))
    found = await database.write(lambda s: step(s, now=LATER))
    assert (found.claimed, found.running) == ((), 1)
    await database.write(lambda s: grids.end(s, claimed))
    await database.write(lambda s: step(s, now=LATER))
    [row] = (await database.read(lambda s: cells.page(s, "e1"))).items
    assert (row.state, row.run_id, row.attempts) == ("done", claimed.run_id, 1)


async def test_a_run_that_ends_after_its_claim_was_lost_changes_nothing(database: Database) -> None:
    await database.write(lambda s: grids.store(s, 1))
    [old] = (await database.write(lambda s: step(s, owner="frozen"))).claimed
    await database.write(lambda s: grids.die(s, old))
    [new] = (await database.write(lambda s: step(s, now=LATER))).claimed
    await database.write(lambda s: grids.end(s, old))
    found = await database.write(lambda s: step(s, owner="frozen", now=LATER))
    assert (found.running, found.spent) == (1, Cost())
    await database.write(lambda s: grids.finish(s, new, last="incorrect"))
    await database.write(lambda s: step(s, now=LATER))
    [row] = (await database.read(lambda s: cells.page(s, "e1"))).items
    assert (row.state, row.run_id, row.verdict) == ("done", new.run_id, "incorrect")


async def test_a_cell_that_kills_its_program_is_given_up(database: Database) -> None:
    await database.write(lambda s: grids.store(s, 1))
    now = NOON
    for attempt in range(cell_work.MOST_ATTEMPTS):
        [claimed] = (await database.write(lambda s, now=now, n=attempt: step(s, owner=f"dead{n}", now=now))).claimed
        await database.write(lambda s, claimed=claimed: grids.die(s, claimed))
        now += 2 * LEASE
    found = await database.write(lambda s: step(s, now=now))
    [row] = (await database.read(lambda s: cells.page(s, "e1"))).items
    assert (row.state, row.error, found.status) == ("failed", cell_work.KILLS, "finished")


async def test_what_a_worker_hands_back_waits_and_what_was_refused_says_why(database: Database) -> None:
    await database.write(grids.store)
    back, refused, *_ = (await database.write(step)).claimed
    await database.write(lambda s: grids.finish(s, back, status="failed", error="no room"))
    news = News({refused.position: "The question is too long."}, {back.position})
    again = await database.write(lambda s: step(s, news=news))
    assert [cell.position for cell in again.claimed] == [back.position]
    rows = (await database.read(lambda s: cells.page(s, "e1"))).items
    assert [(row.state, row.error) for row in rows[:2]] == [("running", ""), ("failed", "The question is too long.")]


async def test_a_cell_in_somebody_s_hands_is_left_alone_whatever_its_run_says(database: Database) -> None:
    await database.write(lambda s: grids.store(s, 1))
    [claimed] = (await database.write(step)).claimed
    await database.write(lambda s: grids.finish(s, claimed, status="failed", error="no room on the disk"))
    await database.write(lambda s: step(s, news=News(busy={0})))
    assert await database.read(states) == ["running"]
    await database.write(lambda s: step(s, 0, news=News(back={0})))
    assert await database.read(states) == ["waiting"]


async def test_a_worker_speaks_for_its_own_cells_only(database: Database) -> None:
    await database.write(lambda s: grids.store(s, 1))
    await database.write(step)
    await database.write(lambda s: step(s, owner="another", news=News({0: "no"}, {0})))
    assert await database.read(states) == ["running"]


async def test_only_cells_of_the_model_that_answers_are_claimed(database: Database) -> None:
    await database.write(grids.store)
    await database.write(lambda s: [grids.put(s, position, model="big") for position in (1, 3)])
    found = await database.write(lambda s: step(s, model="embedded"))
    assert [cell.position for cell in found.claimed] == [0, 2]
    assert (found.here, found.elsewhere) == (0, {"big": 2})
    none = await database.write(lambda s: step(s, model=None))
    assert (none.claimed, none.here, none.elsewhere) == ((), 0, {"big": 2})


async def test_a_probe_takes_its_cells_only_and_leaves_a_draft(database: Database) -> None:
    await database.write(lambda s: grids.store(s, status="probing"))
    await database.write(lambda s: grids.put(s, 2, probe=True))
    [claimed] = (await database.write(step)).claimed
    assert claimed.position == 2
    await database.write(lambda s: grids.finish(s, claimed))
    assert (await database.write(step)).status == "draft"
    assert await database.read(states) == ["waiting", "waiting", "done", "waiting"]


@pytest.mark.parametrize("status", ["draft", "paused", "cancelled", "finished"])
async def test_an_experiment_that_is_not_worked_on_only_has_cells_settled(database: Database, status: str) -> None:
    await database.write(grids.store)
    [claimed] = (await database.write(lambda s: step(s, 1))).claimed
    await database.write(lambda s: experiments.begin(s, "e1", status, NOON, "server"))  # type: ignore[arg-type]
    await database.write(lambda s: grids.finish(s, claimed))
    found = await database.write(step)
    assert (found.status, found.claimed, found.running) == (status, (), 0)
    assert await database.read(states) == ["done", "waiting", "waiting", "waiting"]


async def test_cancelling_calls_off_what_waits_and_what_is_stopped(database: Database) -> None:
    await database.write(grids.store)
    stopped, ends, unborn = (await database.write(lambda s: step(s, 3))).claimed

    def cancel(s: Session) -> None:
        experiments.cancel(s, "e1")
        cell_work.call_off(s, "e1")
        grids.finish(s, stopped, status="cancelled")
        grids.finish(s, ends)

    await database.write(cancel)
    await database.write(lambda s: step(s, news=News({}, {unborn.position})))
    assert await database.read(states) == ["cancelled", "done", "cancelled", "cancelled"]
    assert await database.write(lambda s: cell_work.requeue(s, "e1", ["cancelled"])) == 3
    assert await database.read(states) == ["waiting", "done", "waiting", "waiting"]


async def test_failed_cells_are_retried_as_if_they_had_not_been_begun(database: Database) -> None:
    await database.write(lambda s: grids.store(s, 2))
    a, b = (await database.write(step)).claimed
    await database.write(lambda s: [grids.finish(s, a, status="failed", error="no"), grids.finish(s, b)])
    await database.write(step)
    assert await database.write(lambda s: cell_work.requeue(s, "e1", ["failed"])) == 1
    await database.write(lambda s: experiments.begin(s, "e1", "running", NOON, "server"))
    [again] = (await database.write(step)).claimed
    assert (again.position, again.attempts, again.error) == (0, 1, "")
    old = await database.read(lambda s: runs.get(s, a.run_id or ""))
    assert old is not None and old.deleted_at is not None


async def test_cells_of_a_model_that_cannot_be_had_fail_with_its_sentence(database: Database) -> None:
    await database.write(lambda s: grids.store(s, 2))
    await database.write(lambda s: grids.put(s, 1, model="big"))
    await database.write(lambda s: cell_work.fail_waiting(s, "e1", "big", "There is no model big."))
    rows = (await database.read(lambda s: cells.page(s, "e1"))).items
    assert [(row.state, row.error) for row in rows] == [("waiting", ""), ("failed", "There is no model big.")]


async def test_claims_hold_as_long_as_steps_are_taken(database: Database) -> None:
    await database.write(lambda s: grids.store(s, 1))
    await database.write(lambda s: step(s, owner="slow"))
    await database.write(lambda s: step(s, owner="slow", now=NOON + LEASE * 0.9))
    assert (await database.write(lambda s: step(s, now=NOON + LEASE * 1.5))).claimed == ()
    stored = await database.read(lambda s: experiments.get(s, "e1"))
    assert stored is not None and stored.lease_until == NOON + LEASE * 2.5


async def test_a_deleted_session_or_experiment_pauses_with_a_reason(database: Database) -> None:
    await database.write(grids.store)
    await database.write(lambda s: sessions.delete(s, "s1"))
    found = await database.write(step)
    assert (found.status, found.claimed) == ("paused", ())
    stored = await database.read(lambda s: experiments.get(s, "e1"))
    assert stored is not None and stored.note == cell_work.AWAY
    assert await database.read(lambda s: experiments.working(s, "server")) == []
    await database.write(lambda s: sessions.restore(s, "s1"))
    await database.write(lambda s: experiments.begin(s, "e1", "running", NOON, "server"))
    await database.write(lambda s: experiments.put_away(s, "e1", NOON))
    assert (await database.write(step)).status == "paused"


async def test_an_unknown_experiment_is_named_as_such(database: Database) -> None:
    with pytest.raises(Missing, match="no such experiment"):
        await database.write(lambda s: step(s, of="nowhere"))


async def test_a_claim_that_was_lost_is_no_claim_any_more(database: Database) -> None:
    await database.write(lambda s: grids.store(s, 1))
    [old] = (await database.write(lambda s: step(s, owner="frozen"))).claimed
    await database.write(lambda s: cell_work.confirm(s, old.run_id or ""))
    [new] = (await database.write(lambda s: step(s, now=LATER))).claimed
    with pytest.raises(ClaimLost, match="Another program has taken up this cell"):
        await database.write(lambda s: cell_work.confirm(s, old.run_id or ""))
    await database.write(lambda s: cell_work.confirm(s, new.run_id or ""))
