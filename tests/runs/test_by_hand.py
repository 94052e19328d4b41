"""Corrections by hand: a person's text below or in place of a stored one, and what the model makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from storage.database import Database
from storage.records import Span, StoredRun
from storage.repositories import generations, selected
from storage.repositories import runs as run_store
from tests.runs.following import asked, events_of, shown
from tests.runs.puppet import Puppet, Stage
from webapp.events import RunOpened
from webapp.runs.by_hand import CHECK, REVISE, Correction
from webapp.runs.request import BadRequest
from webapp.runs.service import RunService


@pytest.fixture
async def parent(service: RunService, database: Database) -> StoredRun:
    """Return a run of the puppet, which drafts "Answer: 0" and "Answer: 1"."""
    (run_id,) = await service.launch([asked(seed=5, params={"temperature": 0.5})], person="local")
    return await ended(service, database, run_id)


async def ended(service: RunService, database: Database, run_id: str) -> StoredRun:
    await service.wait(run_id)
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    return stored


async def corrected(service: RunService, database: Database, text: str, **wish: Any) -> StoredRun:
    wish = {"generation_id": "", "role": "revision", "text": text} | wish
    return await ended(service, database, await service.correct(Correction(**wish), person="local"))


async def test_a_revision_stands_beside_what_it_revises(
    service: RunService, puppet: Puppet, database: Database, parent: StoredRun
) -> None:
    source = parent.generations[1]
    stored = await corrected(service, database, "It is\nAnswer: 0", generation_id=source.id)
    copied, revision = stored.generations
    assert (copied.copied_from, copied.text, copied.cost.generated_tokens) == (source.id, source.text, 0)
    assert (revision.role, revision.parents, revision.text) == ("revision", (copied.id,), "It is\nAnswer: 0")
    assert revision.spans == (Span(0, 15, "person"),) and revision.messages == source.messages
    assert (revision.answer, revision.verdict, revision.round) == ("0", "correct", 1)
    run = stored.run
    assert (run.method, run.input_run, run.session_id) == ("by_hand", parent.run.id, parent.run.session_id)
    assert (run.outcome.first_verdict, run.outcome.verdict) == ("incorrect", "correct")
    assert run.cost.generated_tokens == 0 and len(puppet.calls) == 1, "nothing is drawn"


async def test_what_is_kept_is_the_models_and_the_model_goes_on_from_the_persons_words(
    service: RunService, puppet: Puppet, database: Database, parent: StoredRun
) -> None:
    source = parent.generations[1]
    puppet.script = lambda prompt, sample: "Answer: 0 of course"
    stored = await corrected(service, database, "0", generation_id=source.id, kept=8, go_on=True)
    revision = stored.generations[-1]
    assert revision.text == "Answer: 0 of course"
    assert revision.spans == (Span(0, 8, "model"), Span(8, 9, "person"), Span(9, 19, "model"))
    assert puppet.calls[-1][0].prefix == tuple(b"Answer: 0")
    trace = stored.traces[revision.id]
    assert trace.logprob is not None and trace.sampled_logprob is not None and trace.candidates is not None
    assert not np.isnan(trace.logprob[8]), "what the model would have made of the person's token"
    assert np.isnan(trace.sampled_logprob[8]) and trace.candidates[8] == 0, "which nobody drew"


async def test_of_a_character_in_several_tokens_none_is_kept_by_halves(
    service: RunService, puppet: Puppet, database: Database
) -> None:
    puppet.script = lambda prompt, sample: "a€ is 1"
    (run_id,) = await service.launch([asked(seed=5, params={"temperature": 0.5})], person="local")
    source = (await ended(service, database, run_id)).generations[0]
    for asked_for, kept, words in ((1, 1, "a is 0"), (2, 1, "a is 0"), (3, 1, "a is 0"), (4, 4, "a€ is 0")):
        stored = await corrected(service, database, " is 0", generation_id=source.id, kept=asked_for)
        assert stored.run.params["kept"] == kept
        assert stored.generations[-1].text == words
        assert stored.traces[stored.generations[-1].id].text() == (words, False)


async def test_what_cannot_be_stored_is_replaced_before_it_is_counted(
    service: RunService, database: Database, parent: StoredRun
) -> None:
    stored = await corrected(service, database, "\0\ud800 12", generation_id=parent.generations[0].id)
    assert (stored.generations[-1].text, stored.generations[-1].spans) == ("\ufffd\ufffd 12", (Span(0, 9, "person"),))


async def test_a_critique_is_followed_by_a_revision_of_the_model(
    service: RunService, puppet: Puppet, database: Database, parent: StoredRun
) -> None:
    source = parent.generations[1]
    puppet.script = lambda prompt, sample: "Answer: 0"
    wish = {"generation_id": source.id, "role": "critique", "go_on": True}
    stored = await corrected(service, database, "One is not nothing.", **wish)
    copied, critique, revision = stored.generations
    assert [m[1] for m in critique.messages][-2:] == [source.text, CHECK]
    assert [m[1] for m in revision.messages][-2:] == [source.text, f"One is not nothing.\n\n{REVISE}"]
    assert revision.parents == (copied.id, critique.id) and revision.verdict == "correct"
    assert stored.run.outcome.chosen_generation == revision.id
    left = await corrected(service, database, "Look again.", generation_id=source.id, role="critique")
    assert left.run.outcome.chosen_generation == left.generations[0].id, "without a revision the answer stays"


async def test_a_critique_of_the_model_is_answered_by_hand_with_all_that_led_there(
    service: RunService, puppet: Puppet, database: Database
) -> None:
    (run_id,) = await service.launch(
        [asked(method="self_refine", params={"max_rounds": 1, "samples": 1})], person="local"
    )
    parent = await ended(service, database, run_id)
    draft, source = parent.generations[:2]
    assert source.role == "critique"
    stored = await corrected(service, database, "Answer: 0", generation_id=source.id)
    assert [g.copied_from for g in stored.generations] == [draft.id, source.id, None]
    assert stored.generations[1].parents == (stored.generations[0].id,)
    assert stored.generations[2].messages[-1][1] == f"{source.text}\n\n{REVISE}"


async def test_a_viewer_sees_the_same_live_and_later_and_comparisons_leave_it_out(
    service: RunService, database: Database, parent: StoredRun
) -> None:
    wish = Correction(parent.generations[0].id, "revision", "Answer: é", kept=3)
    run_id = await service.correct(wish, person="local")
    live = await events_of(service, run_id)
    await service.wait(run_id)
    assert shown(live) == shown(await events_of(service, run_id))
    assert next(e for e in live if isinstance(e, RunOpened)).title == "By hand"
    [facts] = await database.read(lambda s: selected.runs(s, selected.Wanted(runs=(run_id,))))
    assert facts.branched


async def test_a_text_without_tokens_or_of_another_model_is_corrected_in_whole_only(
    service: RunService, stage: Stage, database: Database, parent: StoredRun
) -> None:
    stage.current = Puppet(name="another")
    source = parent.generations[0].id
    for wish in ({"kept": 2}, {"go_on": True}):
        with pytest.raises(BadRequest, match="written by puppet, which is not the model that answers now"):
            await corrected(service, database, "Answer: 0", generation_id=source, **wish)
    stored = await corrected(service, database, "Answer: 0", generation_id=source)
    revision = stored.generations[-1]
    assert revision.text == "Answer: 0" and revision.id not in stored.traces
    assert revision.spans == (Span(0, 9, "person"),) and revision.summary is None


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"text": " \n"}, "Write something first"),
        ({"text": "x" * 20_001}, "at most 20,000 characters; this one has 20,001"),
        ({"kept": 99}, "cannot be kept"),
        ({"kept": -1}, "cannot be kept"),
        ({"role": "critique", "kept": 2}, "Only the beginning of an answer"),
        ({"generation_id": "gone"}, "is not stored"),
    ],
)
async def test_what_cannot_be_written_is_refused_and_stores_nothing(
    service: RunService, database: Database, parent: StoredRun, wish: dict[str, Any], sentence: str
) -> None:
    wish = {"generation_id": parent.generations[0].id, "text": "Answer: 0"} | wish
    with pytest.raises(BadRequest, match=sentence):
        await corrected(service, database, wish.pop("text"), **wish)
    assert len(await database.read(lambda s: generations.of_session(s, parent.run.session_id))) == 2
