"""Runs that take the samples of an earlier run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from storage.database import Database
from storage.records import Cost, StoredRun
from storage.repositories import runs as run_store
from tests.runs.following import asked, events_of, shown
from tests.runs.puppet import Puppet
from webapp.runs.request import BadRequest
from webapp.runs.service import RunService


async def done(service: RunService, database: Database, request: Any) -> StoredRun:
    (run_id,) = await service.launch([request], person="local")
    await service.wait(run_id)
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    return stored


async def test_the_drafts_are_copied_at_no_cost_with_their_traces(
    service: RunService, puppet: Puppet, database: Database
) -> None:
    source = await done(service, database, asked(params={"samples": 3}))
    copy = await done(service, database, asked(input_run=source.run.id))
    assert len(puppet.calls) == 1
    assert [g.copied_from for g in copy.generations] == [g.id for g in source.generations]
    assert [(g.text, g.answer, g.verdict) for g in copy.generations] == [
        (g.text, g.answer, g.verdict) for g in source.generations
    ]
    assert [g.cost for g in copy.generations] == [Cost()] * 3
    assert (copy.run.cost.generated_tokens, copy.run.cost.calls) == (0, 0)
    assert copy.run.input_run == source.run.id
    for theirs, ours in zip(source.generations, copy.generations, strict=True):
        assert np.array_equal(source.traces[theirs.id].ids, copy.traces[ours.id].ids)
    assert shown(await events_of(service, copy.run.id))["run_finished"]["status"] == "finished"


async def test_what_follows_is_made_fresh_from_the_copied_drafts(service: RunService, database: Database) -> None:
    source = await done(service, database, asked())
    revised = await done(service, database, asked("scene_revise", input_run=source.run.id))
    roles = [(g.role, g.copied_from is not None) for g in revised.generations]
    assert roles == [("draft", True), ("draft", True), ("critique", False), ("revision", False)]
    assert revised.generations[3].parents == (revised.generations[0].id, revised.generations[2].id)


@pytest.mark.parametrize(("name", "taught"), [("puppet", True), ("another", False)])
async def test_a_model_learns_only_from_its_own_samples_what_tokens_spell(
    service: RunService, puppet: Puppet, database: Database, name: str, taught: bool
) -> None:
    learnt: list[Mapping[int, bytes]] = []
    puppet.learn = learnt.append  # type: ignore[attr-defined]
    source = await done(service, database, asked())
    puppet.name = name
    puppet.__post_init__()
    copy = await done(service, database, asked(input_run=source.run.id))
    assert (bool(learnt), copy.run.model.id) == (taught, name)
    assert [g.text for g in copy.generations] == [g.text for g in source.generations]


async def test_samples_stay_those_of_the_model_that_drew_them_however_often_they_are_taken_over(
    service: RunService, puppet: Puppet, database: Database
) -> None:
    learnt: list[Mapping[int, bytes]] = []
    source = await done(service, database, asked())
    puppet.name = "another"
    puppet.__post_init__()
    taken = await done(service, database, asked(input_run=source.run.id))
    puppet.learn = learnt.append  # type: ignore[attr-defined]
    again = await done(service, database, asked(input_run=taken.run.id))
    assert (taken.run.model.id, again.run.model.id, learnt) == ("another", "another", [])


async def test_a_live_copy_shows_what_the_stored_one_shows(service: RunService, database: Database) -> None:
    source = await done(service, database, asked())
    (run_id,) = await service.launch([asked("scene_revise", input_run=source.run.id)], person="local")
    live = await events_of(service, run_id)
    await service.wait(run_id)
    assert shown(live) == shown(await events_of(service, run_id))


async def test_inputs_that_cannot_be_used_are_refused(
    service: RunService, puppet: Puppet, database: Database
) -> None:
    source = await done(service, database, asked())
    other = await done(service, database, asked(question="Another?"))
    puppet.gate.clear()
    (live,) = await service.launch([asked()], person="local")
    for request, why in [
        (asked(input_run="missing"), "does not exist"),
        (asked(input_run=other.run.id), "answers another question"),
        (asked("scene_peek", input_run=source.run.id), "cannot take those of an earlier run"),
        (asked(input_run=live), "still at work"),
    ]:
        with pytest.raises(BadRequest, match=why):
            await service.launch([request], person="local")
    puppet.gate.set()
