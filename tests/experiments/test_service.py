"""Experiments from draft to end: every cell once, paused, resumed, called off and retried as asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest

from storage.database import Database
from storage.repositories import experiments as experiment_store
from tests.experiments.conftest import Make
from tests.experiments.grids import arm, created, ended, rows, runs_of, states, until
from tests.runs.puppet import Puppet, Stage
from webapp.experiments.service import ExperimentService
from webapp.runs.request import BadRequest


async def held(service: ExperimentService, puppet: Puppet, count: int) -> str:
    """Start an experiment whose first texts are held at the gate, and return its id."""
    puppet.gate.clear()
    made = await created(service, count=count)
    await service.start(made)
    await until(lambda: puppet.open > 0)
    return made


async def test_every_cell_becomes_one_finished_run_of_its_session(
    service: ExperimentService, database: Database, puppet: Puppet
) -> None:
    made = await created(service, seeds=[1, 2])
    assert await states(service, made) == {"waiting": 12}
    await service.start(made)
    experiment = await ended(service, made)
    assert experiment.status == "finished" and experiment.finished_at is not None and experiment.lease_until is None
    cells = await rows(service, made)
    assert Counter((c.state, c.verdict, c.attempts) for c in cells) == {("done", "correct", 1): 12}
    stored = await runs_of(database, service, made)
    assert sorted(run.id for run in stored) == sorted(cell.run_id or "" for cell in cells)
    wanted = {(run.problem.id, run.method, run.params["samples"], run.seed) for run in stored}
    assert len(wanted) == 12
    assert all(caller.background for _, _, caller in puppet.calls), "people are served first"
    [one, two] = await service.totals(made)
    assert (one.done, two.done, two.cost.generated_tokens) == (6, 6, 2 * one.cost.generated_tokens)


async def test_a_draft_is_tried_on_a_few_cells_which_then_are_done(service: ExperimentService) -> None:
    made = await created(service, count=8)
    await service.probe(made)
    experiment = await ended(service, made)
    cells = await rows(service, made)
    tried = [cell for cell in cells if cell.probe]
    assert experiment.status == "draft"
    assert len(tried) == 6 and {cell.state for cell in tried} == {"done"}
    assert {cell.state for cell in cells if not cell.probe} == {"waiting"}
    await service.start(made)
    assert (await ended(service, made)).status == "finished"
    assert {cell.attempts for cell in await rows(service, made)} == {1}
    with pytest.raises(BadRequest, match="finished"):
        await service.start(made)
    with pytest.raises(BadRequest, match="Only a draft is tried out"):
        await service.probe(made)


async def test_pausing_lets_what_is_at_work_end_and_resuming_does_the_rest(
    service: ExperimentService, puppet: Puppet
) -> None:
    made = await held(service, puppet, count=40)
    await service.pause(made)
    at_work = (await states(service, made))["running"]
    assert 0 < at_work < 80
    puppet.gate.set()
    assert (await ended(service, made)).status == "paused"
    assert await states(service, made) == {"done": at_work, "waiting": 80 - at_work}
    with pytest.raises(BadRequest, match="not running"):
        await service.pause(made)
    await service.start(made)
    assert (await ended(service, made)).status == "finished"
    assert {cell.attempts for cell in await rows(service, made)} == {1}


async def test_what_is_resumed_before_it_stood_still_goes_on(service: ExperimentService, puppet: Puppet) -> None:
    made = await held(service, puppet, count=40)
    await service.pause(made)
    await service.start(made)
    with pytest.raises(BadRequest, match="running already"):
        await service.start(made)
    puppet.gate.set()
    assert (await ended(service, made)).status == "finished"


async def test_cancelling_stops_what_is_at_work_and_calls_off_the_rest(
    service: ExperimentService, puppet: Puppet, database: Database
) -> None:
    puppet.script = lambda prompt, sample: "7" * 5_000
    puppet.pause = 0.01  # a text takes far longer than the cancelling
    made = await created(service, arm(max_tokens=9_000), count=60)
    await service.start(made)
    await until(lambda: puppet.open > 0)
    await service.cancel(made)
    assert (await ended(service, made)).status == "cancelled"
    assert await states(service, made) == {"cancelled": 60}
    assert puppet.open == 0
    assert {run.status for run in await runs_of(database, service, made)} == {"cancelled"}
    with pytest.raises(BadRequest, match="ended already"):
        await service.cancel(made)
    puppet.script = lambda prompt, sample: "Answer: 0"
    await service.start(made)
    assert (await ended(service, made)).status == "finished"
    assert await states(service, made) == {"done": 60}
    assert len(await runs_of(database, service, made)) == 60, "the runs that were stopped are put away"


async def test_a_cancelled_experiment_can_be_started_again_while_it_still_stops(
    service: ExperimentService, puppet: Puppet
) -> None:
    made = await held(service, puppet, count=10)
    await service.cancel(made)
    puppet.gate.set()
    await service.start(made)
    assert (await ended(service, made)).status == "finished"
    assert await states(service, made) == {"done": 20}


async def test_what_was_called_off_can_be_started_after_failed_cells_were_retried(
    service: ExperimentService, puppet: Puppet
) -> None:
    made = await held(service, puppet, count=10)
    service._runs.cancel((await rows(service, made))[0].run_id or "")

    async def failed() -> bool:
        return (await states(service, made))["failed"] == 1

    await until(failed)
    await service.cancel(made)
    puppet.gate.set()
    await service.retry(made)
    assert (await ended(service, made)).status == "cancelled"
    assert await states(service, made) == {"done": 1, "cancelled": 19}
    await service.start(made)
    assert (await ended(service, made)).status == "finished"
    assert await states(service, made) == {"done": 20}


async def test_failed_cells_say_why_and_are_retried(service: ExperimentService, puppet: Puppet) -> None:
    puppet.fails = "The model ran out of memory."
    made = await created(service)
    await service.start(made)
    assert (await ended(service, made)).status == "finished"
    assert {(cell.state, cell.error) for cell in await rows(service, made)} == {("failed", puppet.fails)}
    puppet.fails = ""
    await service.retry(made)
    assert (await ended(service, made)).status == "finished"
    assert await states(service, made) == {"done": 6}
    with pytest.raises(BadRequest, match="No cell of this experiment has failed"):
        await service.retry(made)


async def test_a_cell_that_is_refused_says_why_and_the_others_go_on(
    service: ExperimentService, puppet: Puppet
) -> None:
    puppet.context_length = 400
    puppet.__post_init__()
    made = await created(service, arm(), arm(max_tokens=399))
    await service.start(made)
    assert (await ended(service, made)).status == "finished"
    cells = await rows(service, made)
    assert [cell.state for cell in cells] == ["done", "failed"] * 3
    assert "reads at most 400 tokens in all" in cells[1].error


async def test_a_run_stopped_by_hand_fails_its_cell_only(service: ExperimentService, puppet: Puppet) -> None:
    puppet.gate.clear()
    made = await created(service, count=2)
    await service.start(made)
    await until(lambda: puppet.open > 0)
    [first, *_] = await rows(service, made)
    service._runs.cancel(first.run_id or "")
    puppet.gate.set()
    await ended(service, made)
    assert [(cell.state, cell.error) for cell in await rows(service, made)] == [
        ("failed", "The run was stopped by hand."), *[("done", "")] * 3,
    ]  # fmt: skip


async def test_many_cells_are_at_work_at_once_and_no_more_than_fill_the_batch(
    service: ExperimentService, puppet: Puppet
) -> None:
    puppet.gate.clear()
    made = await created(service, arm(1), count=80)
    await service.start(made)
    await until(lambda: puppet.open >= puppet.info.max_batch // 2)
    await asyncio.sleep(0.2)  # nothing that would begin more is to be waited for
    assert puppet.info.max_batch // 2 <= puppet.open <= puppet.info.max_batch
    puppet.gate.set()
    await ended(service, made)


async def test_cells_wait_for_their_model_until_it_is_loaded(make: Make, puppet: Puppet) -> None:
    hub = Stage(puppet, big=Puppet(name="big"))
    service = await make(hub)
    made = await created(service, models=["embedded", "big"])
    await service.start(made)
    await until(lambda: _done(service, made, 6))
    assert (await service.get(made)).status == "running" and hub.ref == "embedded"
    await hub.switch("big")
    assert (await ended(service, made)).status == "finished"
    models = {(cell.model, cell.state) for cell in await rows(service, made)}
    assert models == {("embedded", "done"), ("big", "done")}


async def test_models_are_loaded_one_after_the_other_where_that_is_allowed(make: Make, database: Database) -> None:
    hub = Stage(Puppet(), big=Puppet(name="big"))
    service = await make(hub)
    made = await created(service, models=["embedded", "nowhere", "big"], load_models=True)
    await service.start(made)
    assert (await ended(service, made)).status == "finished"
    cells = await rows(service, made)
    assert Counter((c.model, c.state, c.error) for c in cells) == {
        ("embedded", "done", ""): 6, ("nowhere", "failed", "There is no model nowhere."): 6, ("big", "done", ""): 6,
    }  # fmt: skip
    assert Counter(run.model.id for run in await runs_of(database, service, made)) == {"puppet": 6, "big": 6}


async def test_a_model_that_a_person_loads_is_not_taken_away(make: Make, puppet: Puppet) -> None:
    hub = Stage(puppet, big=Puppet(name="big"), mine=Puppet(name="mine"))
    service = await make(hub)
    made = await created(service, models=["embedded", "big"], load_models=True)
    puppet.gate.clear()
    await service.start(made)
    await until(lambda: puppet.open > 0)
    await hub.switch("mine")
    puppet.gate.set()
    await until(lambda: _allowed(service, made, False))
    assert "loaded by hand" in (await service.get(made)).note and hub.ref == "mine"
    await service.allow_loading(made, True)
    assert (await ended(service, made)).status == "finished"


async def test_a_budget_pauses_and_resuming_grants_it_again(service: ExperimentService, puppet: Puppet) -> None:
    made = await created(service, arm(), count=150, budget={"tokens": 100})
    puppet.gate.clear()
    await service.start(made)
    await until(lambda: puppet.open > 0)
    at_work = (await states(service, made))["running"]
    puppet.gate.set()
    experiment = await ended(service, made)
    assert experiment.status == "paused"
    assert experiment.note.startswith("The budget of 100 generated tokens is spent (")
    done = (await states(service, made))["done"]
    assert at_work <= done < 150
    await service.start(made)
    assert (await ended(service, made)).status == "paused"
    assert (await states(service, made))["done"] > done


async def test_hours_and_tokens_of_a_run_are_bounded_too(service: ExperimentService) -> None:
    made = await created(service, budget={"hours": 1e-9})
    await service.start(made)
    assert "hours of its budget are over" in (await ended(service, made)).note
    made = await created(service, budget={"hours": 1e300})
    await service.start(made)
    assert (await ended(service, made)).status == "finished"
    made = await created(service, arm(), budget={"run_tokens": 3})
    await service.start(made)
    await ended(service, made)
    assert {"may generate 3 tokens" in cell.error for cell in await rows(service, made)} == {True}


async def test_closing_hands_cells_back_and_the_next_process_goes_on(make: Make, puppet: Puppet) -> None:
    puppet.gate.clear()
    first = await make()
    made = await created(first, count=5)
    await first.start(made)
    await until(lambda: puppet.open > 0)
    await first.close()
    assert await states(first, made) == {"waiting": 10}
    assert (await first.get(made)).status == "running"
    with pytest.raises(BadRequest, match="shutting down"):
        await first.start(made)
    puppet.gate.set()
    elsewhere = await make(place="command line")
    await elsewhere.open()
    assert await states(elsewhere, made) == {"waiting": 10}, "only what was begun in the same place goes on by itself"
    second = await make()
    await second.open()
    assert (await ended(second, made)).status == "finished"
    assert await states(second, made) == {"done": 10}


async def test_closing_in_the_middle_of_the_first_step_leaves_no_claim_behind(make: Make) -> None:
    service = await make()
    made = await created(service)
    await service.start(made)
    await service.close()
    assert await states(service, made) == {"waiting": 6}


async def test_two_processes_share_the_cells_and_do_none_twice(make: Make, database: Database) -> None:
    hubs = [Stage(Puppet(pause=0.002)), Stage(Puppet(pause=0.002))]
    first, second = [await make(hub) for hub in hubs]
    made = await created(first, arm(), count=120)
    await first.start(made)
    await second.open()
    await asyncio.gather(ended(first, made), ended(second, made))
    assert await states(first, made) == {"done": 120}
    assert len(await runs_of(database, first, made)) == 120
    shares = [len(hub.current.calls) for hub in hubs if hub.current is not None]
    assert sum(shares) == 120 and min(shares) > 0


async def test_pause_and_cancel_reach_another_process(make: Make, puppet: Puppet) -> None:
    worker, other = await make(), await make()
    made = await created(worker, count=60)
    puppet.gate.clear()
    await worker.start(made)
    await until(lambda: puppet.open > 0)
    await other.pause(made)
    puppet.gate.set()
    assert (await ended(worker, made)).status == "paused"
    puppet.gate.clear()
    await worker.start(made)
    await until(lambda: puppet.open > 0)
    await other.cancel(made)
    assert (await ended(worker, made)).status == "cancelled"
    assert (await states(worker, made))["running"] == 0


async def test_an_experiment_of_a_method_that_is_gone_pauses_at_start(
    make: Make, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webapp.methods import registry

    first = await make()
    made = await created(first)
    await database.write(lambda s: experiment_store.begin(s, made, "running", datetime.now(UTC), "server"))
    monkeypatch.delitem(registry._METHODS, "scene_draft")
    second = await make()
    await second.open()
    experiment = await second.get(made)
    assert experiment.status == "paused" and "There is no method called 'scene_draft'" in experiment.note


async def test_what_is_put_away_can_be_brought_back(service: ExperimentService, puppet: Puppet) -> None:
    puppet.gate.clear()
    made = await created(service)
    await service.start(made)
    with pytest.raises(BadRequest, match="Pause or cancel it first"):
        await service.delete(made)
    await service.cancel(made)
    await service.delete(made)
    assert (await service.page(person="local")).total == 0
    await service.restore(made)
    [row] = (await service.page("grid", person="local")).items
    assert (row.experiment.id, row.total) == (made, 6)
    puppet.gate.set()
    with pytest.raises(BadRequest, match="no such experiment"):
        await service.start("nothing")


async def _done(service: ExperimentService, made: str, count: int) -> bool:
    return (await states(service, made))["done"] == count


async def _allowed(service: ExperimentService, made: str, allowed: bool) -> bool:
    return (await service.get(made)).load_models == allowed
