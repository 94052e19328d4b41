"""A text said again in another role: the same tokens, graded by its new role, at no cost."""

from __future__ import annotations

from storage.database import Database
from storage.records import Cost
from storage.repositories import runs as run_store
from tests.runs.following import asked, events_of, shown
from webapp.runs.service import RunService


async def test_it_has_the_tokens_of_what_it_repeats_and_costs_nothing(
    service: RunService, database: Database
) -> None:
    (run_id,) = await service.launch([asked("scene_restate", params={"samples": 1})], person="local")
    await service.wait(run_id)
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    draft, found, last = stored.generations
    assert (last.text, last.finish_reason, last.cost) == (found.text, found.finish_reason, Cost())
    assert (last.role, last.label, last.round, last.parents) == ("revision", "last", 2, (draft.id,))
    assert last.copied_from is None, "it is of this run"
    assert stored.traces[last.id].ids.tolist() == stored.traces[found.id].ids.tolist() == list(last.prefix)
    assert (found.verdict, last.answer, last.verdict) == ("ungraded", "0", "correct")
    assert stored.run.cost.calls == 2


async def test_it_is_told_as_it_is_stored(service: RunService) -> None:
    (run_id,) = await service.launch([asked("scene_restate")], person="local")
    live = await events_of(service, run_id)
    await service.wait(run_id)
    assert shown(await events_of(service, run_id)) == shown(live)
    *_, last = shown(live)["generations"].values()
    assert "".join(last["text"]) == "Answer: 0<end>" and last["finished"]["diff"] is not None
