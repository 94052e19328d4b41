"""A run whose process is gone ends as interrupted; one that is held does not."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from storage.database import Database
from storage.records import Cost, Run, RunStatus
from storage.repositories import generations, runs
from tests.storage import making
from tests.storage.making import minutes
from tests.storage.places import address, process, told

NOW = minutes(10)


async def store(database: Database, *some: Run) -> None:
    await database.write(lambda s: making.store_session(s, None, *some))


async def sweep(database: Database, now: datetime = NOW) -> list[str]:
    return await database.write(lambda s: runs.interrupt_expired(s, now))


async def stored(database: Database, run_id: str = "r1") -> Run:
    found = await database.read(lambda s: runs.get(s, run_id))
    assert found is not None
    return found


@pytest.mark.parametrize("status", ["queued", "running"])
async def test_a_run_whose_lease_has_run_out_is_interrupted(database: Database, status: RunStatus) -> None:
    await store(database, making.queued(status=status, until=minutes(9.99)))
    assert await sweep(database) == ["r1"]
    run = await stored(database)
    assert (run.status, run.error) == ("interrupted", runs.LEFT_BEHIND)
    assert (run.finished_at, run.lease_owner, run.lease_until) == (minutes(9.99), None, None)
    assert await sweep(database) == []


async def test_a_run_that_nobody_ever_held_is_interrupted_now(database: Database) -> None:
    await store(database, making.queued(owner=None, lease_until=None))
    assert await sweep(database) == ["r1"]
    assert (await stored(database)).finished_at == NOW


async def test_a_run_that_is_held_goes_on(database: Database) -> None:
    held = making.queued(status="running", until=NOW)
    await store(database, held)
    assert await sweep(database) == []
    assert await stored(database) == held


@pytest.mark.parametrize("status", ["finished", "cancelled", "failed", "interrupted"])
async def test_a_run_that_has_ended_is_left_alone(database: Database, status: RunStatus) -> None:
    ended = making.run(status=status, lease_until=minutes(1))
    await store(database, ended)
    assert await sweep(database) == []
    assert await stored(database) == ended


async def test_an_owner_renews_the_leases_of_its_own_live_runs(database: Database) -> None:
    await store(
        database, making.queued("r1"), making.queued("r2", owner="other"), making.run("r3"), making.queued("r4")
    )
    ids = iter(["r1", "r2", "r3", "nobody"])
    assert await database.write(lambda s: runs.renew_lease(s, ids, "me", minutes(20))) == 1
    assert [(await stored(database, r)).lease_until for r in ("r1", "r2", "r3", "r4")] == [
        minutes(20), minutes(5), None, minutes(5)
    ]  # fmt: skip
    assert await database.write(lambda s: runs.renew_lease(s, [], "me", minutes(20))) == 0
    assert await sweep(database) == ["r2", "r4"]


async def test_what_an_interrupted_run_had_written_is_kept_and_counted(database: Database) -> None:
    await store(
        database, making.queued(status="running", started_at=minutes(1)), making.queued("r2", until=minutes(30))
    )
    partial = making.generation("g2", status="partial", finish_reason=None, started=4.0, cost=Cost(7, 20, 1, 2.5))
    texts = [making.generation("g1", cost=Cost(30, 10, 2, 1.5)), partial, partial.with_(id="g3", run_id="r2")]
    for text in texts:
        await database.write(lambda s, text=text: generations.save(s, text, making.trace()))
    await sweep(database)
    assert await database.read(lambda s: generations.of_run(s, "r1")) == [
        texts[0], partial.with_(finish_reason="interrupted")
    ]  # fmt: skip
    assert await database.read(lambda s: generations.of_run(s, "r2")) == [texts[2]]
    assert (await stored(database)).cost == Cost(37, 30, 3, 6.5)
    assert len((await database.read(lambda s: generations.traces(s, ["g2"])))["g2"]) == len(making.trace())


async def test_a_process_that_only_slept_may_still_finish_its_run(database: Database) -> None:
    await store(database, making.queued(status="running"))
    await sweep(database)
    await database.write(lambda s: runs.finish(s, making.run(tags=())))
    run = await stored(database)
    assert (run.status, run.error, run.outcome) == ("finished", "", making.run().outcome)


async def test_two_that_sweep_at_once_end_a_run_once(database: Database) -> None:
    await store(database, *(making.queued(f"r{n}") for n in range(6)))
    other = Database.open(address(database))
    ended = await asyncio.gather(sweep(database), sweep(other), sweep(database), sweep(other))
    assert sorted(run for some in ended for run in some) == [f"r{n}" for n in range(6)]
    await other.close()


async def test_a_run_of_another_process_ends_when_that_process_is_gone(database: Database) -> None:
    holding = process(
        "from datetime import UTC, datetime, timedelta\n"
        "async def main():\n"
        "    database = Database.open(place)\n"
        "    run = making.queued(status='running', until=datetime.now(UTC) + timedelta(hours=1))\n"
        "    await database.write(lambda s: making.store_session(s, None, run))\n"
        "    print('held', flush=True); input()\n"
        "    until = datetime.now(UTC) + timedelta(hours=3)\n"
        "    await database.write(lambda s: runs.renew_lease(s, ['r1'], 'me', until))\n"
        "    print('renewed', flush=True); input()\n"
        "asyncio.run(main())",
        address(database),
    )
    told(holding, "held")
    now = datetime.now(UTC)
    assert await sweep(database, now) == []
    assert holding.stdin is not None
    holding.stdin.write("\n")
    holding.stdin.flush()
    told(holding, "renewed")
    assert await sweep(database, now + timedelta(hours=2)) == []
    holding.kill()
    holding.communicate()
    assert await sweep(database, now + timedelta(hours=4)) == ["r1"]
    assert (await stored(database)).status == "interrupted"
