"""Runs from launch to end: who watches changes nothing, and what is shown is stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from storage.database import Database
from storage.ids import new_id
from storage.records import Cost, Generation, Outcome, Problem
from storage.repositories import generations as generation_store
from storage.repositories import runs as run_store
from tests.runs.conftest import FAST
from tests.runs.following import asked, events_of, numbered, shown, until
from tests.runs.puppet import EOS, Puppet, Stage, rows
from webapp.engine.protocol import EngineError, EngineEvent, Generated, Prompt, Sampling, TokenBatch
from webapp.events import GenerationFinished, RunEvent, RunFinished, RunOpened, RunProgress, Tokens
from webapp.runs.limits import Limits
from webapp.runs.request import BadRequest
from webapp.runs.service import RunService, UnknownRun

Make = Callable[..., Awaitable[RunService]]


def some_tokens(event: RunEvent) -> bool:
    return isinstance(event, Tokens)


async def launch(service: RunService, *requests: object) -> list[str]:
    return await service.launch(requests, person="local")  # type: ignore[arg-type]


async def test_a_run_is_told_from_its_opening_to_its_end_and_stored(service: RunService, database: Database) -> None:
    (run_id,) = await launch(service, asked())
    events = await events_of(service, run_id)
    assert isinstance(events[0], RunOpened) and isinstance(events[-1], RunFinished)
    assert (events[0].question, events[0].reference, events[0].params["samples"]) == ("Which?", "0", 2)
    page = shown(events)
    assert ["".join(g["text"]) for g in page["generations"].values()] == ["Answer: 0<end>", "Answer: 1<end>"]
    assert [g["finished"]["verdict"] for g in page["generations"].values()] == ["correct", "incorrect"]
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    assert (stored.run.status, stored.run.outcome.answer, stored.run.outcome.verdict) == ("finished", "0", "correct")
    assert [g.text for g in stored.generations] == ["Answer: 0", "Answer: 1"]


async def test_the_live_log_and_the_rebuilt_one_show_the_same(service: RunService) -> None:
    (run_id,) = await launch(service, asked("scene_revise"))
    live = await events_of(service, run_id)
    await service.wait(run_id)
    rebuilt = await events_of(service, run_id)
    assert shown(live) == shown(rebuilt)
    assert len(shown(live)["generations"]) == 4
    assert [score["name"] for score in shown(live)["scores"]] == ["p_true", "whole"]


async def test_a_run_survives_those_who_watch_it(service: RunService, puppet: Puppet) -> None:
    puppet.gate.clear()
    (run_id,) = await launch(service, asked())
    watching = asyncio.create_task(events_of(service, run_id))
    batches = service.subscribe(run_id, person="local")
    await anext(batches)
    await batches.aclose()
    watching.cancel()
    await asyncio.wait({watching})
    puppet.gate.set()
    events = await events_of(service, run_id)
    assert isinstance(events[-1], RunFinished) and events[-1].status == "finished"


async def test_a_viewer_resumes_after_the_last_event_it_saw(service: RunService, puppet: Puppet) -> None:
    puppet.gate.clear()
    (run_id,) = await launch(service, asked())
    batches = service.subscribe(run_id, person="local")
    first = await anext(batches)
    await batches.aclose()
    last = first.seq + len(first.events) - 1
    puppet.gate.set()
    rest = await numbered(service.subscribe(run_id, after=last, epoch=first.epoch, person="local"))
    assert rest[0][0] == last + 1
    together = [*first.events, *(event for _, event in rest)]
    await service.wait(run_id)
    assert shown(together) == shown(await events_of(service, run_id))


async def test_after_the_end_the_log_has_another_epoch_that_starts_over(service: RunService, puppet: Puppet) -> None:
    puppet.gate.clear()
    (run_id,) = await launch(service, asked())
    live = await anext(service.subscribe(run_id, person="local"))
    puppet.gate.set()
    await service.wait(run_id)
    stored = await anext(service.subscribe(run_id, after=5, epoch=live.epoch, person="local"))
    assert stored.epoch != live.epoch
    assert stored.seq == 1 and isinstance(stored.events[0], RunOpened)


async def test_what_is_shown_as_finished_is_in_the_database_already(service: RunService, database: Database) -> None:
    (run_id,) = await launch(service, asked("scene_revise"))
    finished = 0
    async for batch in service.subscribe(run_id, person="local"):
        for event in batch.events:
            if isinstance(event, GenerationFinished):
                finished += 1
        stored = await database.read(lambda s: generation_store.of_run(s, run_id))
        assert len([g for g in stored if g.status == "finished"]) >= finished
    assert finished == 4


async def test_unfinished_text_is_stored_while_it_grows(
    service: RunService, puppet: Puppet, database: Database
) -> None:
    whole = "Answer: " + "7" * 5000  # far more than is written before the gate closes
    puppet.script = lambda prompt, sample: whole
    (run_id,) = await launch(service, asked(params={"samples": 1, "max_tokens": 9000}))
    async for batch in service.subscribe(run_id, person="local"):
        if any(isinstance(event, Tokens) and event.start >= 5 for event in batch.events):
            puppet.gate.clear()
            break
    while True:  # autosave comes every 20 ms in this service
        stored = await database.read(lambda s: run_store.load(s, run_id))
        if stored is not None and any(len(g.text) >= 5 for g in stored.generations):
            break
        await asyncio.sleep(FAST.autosave)
    (generation,) = stored.generations
    assert generation.status == "partial"
    assert whole.startswith(generation.text)
    assert len(stored.traces[generation.id]) == len(generation.text)
    assert stored.run.status == "running"


async def test_stop_frees_the_slots_keeps_the_text_and_can_be_pressed_twice(
    service: RunService, puppet: Puppet, database: Database
) -> None:
    puppet.script = lambda prompt, sample: "Answer: " + "7" * 5000
    (run_id,) = await launch(service, asked(params={"max_tokens": 9000}))
    await until(service.subscribe(run_id, person="local"), some_tokens)
    puppet.gate.clear()
    assert puppet.open == 2
    watching = asyncio.create_task(events_of(service, run_id))
    await asyncio.gather(service.stop(run_id, person="local"), service.stop(run_id, person="local"))
    end = (await watching)[-1]
    await service.stop(run_id, person="local")
    assert puppet.open == 0
    assert isinstance(end, RunFinished) and (end.status, end.error) == ("cancelled", "")
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    assert [(g.status, g.finish_reason) for g in stored.generations] == [("partial", "cancelled")] * 2
    assert all(len(g.text) > 0 for g in stored.generations)
    assert stored.run.cost.generated_tokens == sum(len(t) for t in stored.traces.values())
    await service.wait(run_id)
    assert shown(await watching)["generations"] == shown(await events_of(service, run_id))["generations"]


async def test_two_launches_at_once_both_run(service: RunService) -> None:
    first, second = await asyncio.gather(launch(service, asked()), launch(service, asked(), asked("scene_revise")))
    ends = [(await events_of(service, run_id))[-1] for run_id in [*first, *second]]
    assert [end.status for end in ends if isinstance(end, RunFinished)] == ["finished"] * 3


async def test_a_launch_has_a_column_each_in_one_session_named_after_the_question(
    service: RunService, database: Database
) -> None:
    ids = await launch(service, asked(question="How  many\nlegs?"), asked("scene_revise"))
    runs = [await database.read(lambda s, i=i: run_store.get(s, i)) for i in ids]
    assert [run.column for run in runs if run] == [0, 1]
    assert len({(run.session_id, run.launch_id) for run in runs if run}) == 1


async def test_runs_beyond_the_limit_wait_with_their_position(make_service: Make, puppet: Puppet) -> None:
    service = await make_service(Limits(interactive=1))
    puppet.gate.clear()
    first, second, third = await launch(service, asked(), asked(), asked())
    events = await until(
        service.subscribe(third, person="local"), lambda e: isinstance(e, RunProgress) and e.queue_position == 1
    )
    assert isinstance(events[-1], RunProgress) and events[-1].status == "queued"
    await service.stop(second, person="local")
    await until(
        service.subscribe(third, person="local"), lambda e: isinstance(e, RunProgress) and e.queue_position == 0
    )
    puppet.gate.set()
    ends = [(await events_of(service, run_id))[-1] for run_id in (first, second, third)]
    assert [end.status for end in ends if isinstance(end, RunFinished)] == ["finished", "cancelled", "finished"]


async def test_a_person_never_waits_for_background_runs(make_service: Make, puppet: Puppet) -> None:
    service = await make_service(Limits(background=2))
    puppet.gate.clear()
    background = await launch(service, *(asked(background=True) for _ in range(40)))
    (mine,) = await launch(service, asked())
    await until(
        service.subscribe(mine, person="local"), lambda e: isinstance(e, RunProgress) and e.status == "running"
    )
    puppet.gate.set()
    assert isinstance((await events_of(service, mine))[-1], RunFinished)
    assert len(service.live_runs()) > 30
    callers = {caller.background for _, _, caller in puppet.calls}
    assert callers == {True, False}
    for run_id in background:
        await service.stop(run_id, person="local")
    await asyncio.gather(*(service.wait(run_id) for run_id in background))


async def test_costs_add_up(service: RunService, puppet: Puppet, database: Database) -> None:
    (run_id,) = await launch(service, asked("scene_revise"))
    events = await events_of(service, run_id)
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    total = sum((g.cost for g in stored.generations), Cost())
    judged = 1 + len("Which?") + len(puppet.calls[0][0].messages[0].content) - len("Which?")  # the prompt and "("
    assert stored.run.cost.generated_tokens == total.generated_tokens == sum(len(t) for t in stored.traces.values())
    assert stored.run.cost.prompt_tokens == total.prompt_tokens + judged
    assert stored.run.cost.calls == total.calls + 1 == 5
    told = [e.generated_tokens for e in events if isinstance(e, RunProgress)]
    assert told == sorted(told) and told[-1] == stored.run.cost.generated_tokens


async def test_the_prompt_of_several_samples_is_charged_once(service: RunService, database: Database) -> None:
    (run_id,) = await launch(service, asked(params={"samples": 3}))
    await service.wait(run_id)
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    assert sorted(g.cost.prompt_tokens > 0 for g in stored.generations) == [False, False, True]


async def test_a_methods_failure_is_a_sentence_and_its_texts_are_kept(
    service: RunService, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    (run_id,) = await launch(service, asked("scene_crash"))
    end = (await events_of(service, run_id))[-1]
    assert isinstance(end, RunFinished)
    assert (end.status, "ValueError" in end.error, "secret" in end.error) == ("failed", True, False)
    assert "secret detail" in caplog.text
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    assert [g.status for g in stored.generations] == ["finished"] * 2
    assert stored.run.outcome.first_answer == "0"


async def test_an_engines_refusal_is_told_in_its_own_words(service: RunService, puppet: Puppet) -> None:
    puppet.fails = "The device ran out of memory."
    (run_id,) = await launch(service, asked())
    events = await events_of(service, run_id)
    assert isinstance(events[-1], RunFinished)
    assert (events[-1].status, events[-1].error) == ("failed", "The device ran out of memory.")
    reasons = [e.finish_reason for e in events if isinstance(e, GenerationFinished)]
    assert reasons == ["failed", "failed"]


async def test_a_text_that_is_complete_is_not_given_up_with_those_that_are_not(
    service: RunService, puppet: Puppet, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up = asyncio.Event()

    async def broken_off(prompt: Prompt, sampling: Sampling, n: int) -> AsyncIterator[EngineEvent]:
        yield TokenBatch(0, 1, 0, rows([*b"xx"]))
        yield Generated(0, 0, "4", False, rows([*b"4", EOS]), "eos", 1, 0.1)
        raise EngineError("The server broke off.")

    async def slowly(problem: Problem, generation: Generation) -> Generation:
        await given_up.wait()
        return generation

    monkeypatch.setattr("webapp.runs.recorder.graded", slowly)
    monkeypatch.setattr(puppet, "_say", broken_off)
    (run_id,) = await launch(service, asked())
    told: list[tuple[str | None, str | None]] = []
    async for batch in service.subscribe(run_id, person="local"):
        ends = [event for event in batch.events if isinstance(event, GenerationFinished)]
        told += [(event.text, event.finish_reason) for event in ends]
        if ends:
            given_up.set()
    assert told == [("xx", "failed"), ("4", "eos")]
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    assert [(g.text, g.status) for g in stored.generations] == [("4", "finished"), ("xx", "partial")]


async def test_a_run_ends_even_where_its_first_attempts_cannot_be_compared(
    service: RunService, puppet: Puppet, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*given: object) -> Outcome:
        raise OSError("Too many open files")  # what compares formulas is a process of its own

    monkeypatch.setattr("webapp.runs.live.begun", broken)
    puppet.fails = "The device ran out of memory."
    (run_id,) = await launch(service, asked())
    async with asyncio.timeout(10):
        end = (await events_of(service, run_id))[-1]
    assert isinstance(end, RunFinished)
    assert (end.status, end.error) == ("failed", puppet.fails)
    await service.wait(run_id)
    stored = await database.read(lambda s: run_store.get(s, run_id))
    assert stored is not None and (stored.status, stored.error, stored.outcome) == ("failed", puppet.fails, Outcome())


async def test_a_run_beyond_its_budget_is_stopped_with_the_numbers(make_service: Make) -> None:
    service = await make_service(Limits(run_tokens=150))
    (run_id,) = await launch(service, asked("scene_revise"))
    end = (await events_of(service, run_id))[-1]
    assert isinstance(end, RunFinished) and end.status == "failed"
    assert "may generate 150 tokens; after 0 it asked for 200" in end.error


async def test_whoever_asks_may_fix_the_id_and_a_lower_bound_of_a_run(
    service: RunService, database: Database
) -> None:
    wanted = new_id()
    assert await launch(service, asked(run_id=wanted, run_tokens=10)) == [wanted]
    last = (await events_of(service, wanted))[-1]
    assert isinstance(last, RunFinished) and "may generate 10 tokens" in last.error
    stored = await database.read(lambda s: run_store.get(s, wanted))
    assert stored is not None and stored.status == "failed"


@pytest.mark.parametrize("begun", [False, True], ids=["at once", "later"])
async def test_a_run_that_is_begun_again_elsewhere_is_left_interrupted(
    service: RunService, puppet: Puppet, database: Database, begun: bool
) -> None:
    puppet.script = lambda prompt, sample: "7" * 5000
    (run_id,) = await launch(service, asked(params={"max_tokens": 9000}))
    if begun:
        await until(service.subscribe(run_id, person="local"), some_tokens)
    await service.interrupt(run_id)
    assert await service.wait(run_id) is None
    stored = await database.read(lambda s: run_store.get(s, run_id))
    assert stored is not None and stored.status == "interrupted"


async def test_the_oracle_marks_the_run(service: RunService, database: Database) -> None:
    (run_id,) = await launch(service, asked("scene_peek"))
    end = (await events_of(service, run_id))[-1]
    assert isinstance(end, RunFinished) and end.oracle
    run = await database.read(lambda s: run_store.get(s, run_id))
    assert run is not None and run.oracle and run.outcome.verdict == "correct"


async def test_an_unknown_run_is_said_to_be_unknown(service: RunService) -> None:
    with pytest.raises(UnknownRun):
        await events_of(service, "nothing")


async def test_closing_the_service_interrupts_live_runs_with_what_they_had(
    service: RunService, puppet: Puppet, database: Database, stage: Stage
) -> None:
    puppet.script = lambda prompt, sample: "Answer: " + "7" * 5000
    (run_id,) = await launch(service, asked(params={"max_tokens": 9000}))
    await until(service.subscribe(run_id, person="local"), some_tokens)
    await service.close()
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    assert stored.run.status == "interrupted"
    assert [g.finish_reason for g in stored.generations] == ["interrupted"] * 2
    assert (puppet.open, stage.users) == (0, 0)
    with pytest.raises(BadRequest, match="shutting down"):
        await launch(service, asked())


async def test_a_run_keeps_the_engine_it_began_with(service: RunService, puppet: Puppet, stage: Stage) -> None:
    puppet.gate.clear()
    (run_id,) = await launch(service, asked("scene_revise"))
    await until(
        service.subscribe(run_id, person="local"), lambda e: isinstance(e, RunProgress) and e.status == "running"
    )
    stage.current = Puppet(name="another")
    assert stage.users == 1
    puppet.gate.set()
    await service.wait(run_id)
    assert len(puppet.calls) == 3 and stage.current.calls == []


async def test_a_run_nobody_watches_stops_if_so_set(make_service: Make, puppet: Puppet) -> None:
    service = await make_service(Limits(stop_on_close=True, close_grace=0.01))
    puppet.gate.clear()
    (run_id,) = await launch(service, asked())
    batches = service.subscribe(run_id, person="local")
    await anext(batches)
    await batches.aclose()
    await service.wait(run_id)
    end = (await events_of(service, run_id))[-1]
    assert isinstance(end, RunFinished) and end.status == "cancelled"


async def test_what_a_person_writes_about_a_run_is_told_to_whoever_opens_it_next(
    service: RunService, database: Database
) -> None:
    (run_id,) = await launch(service, asked())
    await service.wait(run_id)
    before = await anext(service.subscribe(run_id, person="local"))
    again = await anext(service.subscribe(run_id, person="local"))
    assert again.epoch == before.epoch
    await database.write(lambda s: run_store.set_notes(s, run_id, "Look at the second sample."))
    after = await anext(service.subscribe(run_id, person="local"))
    opened = after.events[0]
    assert after.epoch != before.epoch and isinstance(opened, RunOpened)
    assert opened.notes == "Look at the second sample."
