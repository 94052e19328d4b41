"""Branches: a person's token in the place of the model's, and the same noise after it."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from storage.database import Database
from storage.records import Span, StoredRun
from storage.repositories import runs as run_store
from tests.runs.following import asked, events_of, shown
from tests.runs.puppet import EOS, VOCABULARY, Puppet, Stage
from webapp.events import RunFinished, RunOpened
from webapp.runs.branch import sampling_of
from webapp.runs.request import BadRequest
from webapp.runs.service import RunService

AT = 8  # the digit in "Answer: 1"


@pytest.fixture
async def parent(service: RunService, database: Database) -> StoredRun:
    (run_id,) = await service.launch([asked(seed=5, params={"temperature": 0.5})], person="local")
    await service.wait(run_id)
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    return stored


async def branch(service: RunService, database: Database, generation: str, index: int, token: int) -> StoredRun:
    run_id = await service.branch(generation, index, token, person="local")
    await service.wait(run_id)
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    return stored


async def test_a_branch_repeats_the_rows_before_it_marks_the_persons_token_and_goes_on(
    service: RunService, puppet: Puppet, database: Database, parent: StoredRun
) -> None:
    source = parent.generations[1]
    puppet.script = lambda prompt, sample: "Answer: 0 of course"
    stored = await branch(service, database, source.id, AT, ord("0"))
    (generation,) = stored.generations
    assert generation.text == "Answer: 0 of course"
    assert generation.spans == (Span(0, 8, "model"), Span(8, 9, "person"), Span(9, 19, "model"))
    trace, before = stored.traces[generation.id], parent.traces[source.id]
    assert trace.ids[:AT].tolist() == before.ids[:AT].tolist()
    assert trace.entropy is not None and before.entropy is not None
    assert trace.entropy[: AT + 1].tolist() == before.entropy[: AT + 1].tolist()
    assert trace.logprob is not None and np.isnan(trace.logprob[AT])
    assert (generation.answer, generation.verdict) == ("0", "correct")
    assert generation.cost.generated_tokens == len(" of course") + 1 == stored.run.cost.generated_tokens


async def test_a_branch_is_a_run_of_its_own_with_the_noise_of_its_source(
    service: RunService, puppet: Puppet, database: Database, parent: StoredRun
) -> None:
    source = parent.generations[1]
    stored = await branch(service, database, source.id, AT, ord("0"))
    assert stored.run.branch_of is not None
    assert (stored.run.branch_of.generation_id, stored.run.branch_of.token_index) == (source.id, AT)
    assert (stored.run.session_id, stored.run.seed) == (parent.run.session_id, 5)
    assert (stored.run.outcome.first_answer, stored.run.outcome.first_verdict) == ("1", "incorrect")
    (_, first, _), (prompt, sampling, _) = puppet.calls
    assert (sampling.seed, sampling.problem, sampling.label, sampling.temperature) == (5, first.problem, "draft", 0.5)
    assert sampling.first_sample == 1
    assert prompt.prefix == (*b"Answer: ", ord("0"))
    assert (await database.read(lambda s: run_store.load(s, parent.run.id))) is not None


async def test_what_a_viewer_of_a_branch_sees_is_the_same_live_and_later(
    service: RunService, database: Database, parent: StoredRun
) -> None:
    run_id = await service.branch(parent.generations[0].id, AT, "é".encode()[0], person="local")
    live = await events_of(service, run_id)
    await service.wait(run_id)
    rebuilt = await events_of(service, run_id)
    assert shown(live) == shown(rebuilt)
    (pane,) = shown(live)["generations"].values()
    assert pane["origins"][AT - 1 : AT + 2] == ["model", "person", "model"]
    assert isinstance(live[0], RunOpened) and (live[0].title, live[0].branch_of) != ("", None)
    assert isinstance(live[-1], RunFinished) and live[-1].status == "finished"


async def test_a_branch_can_be_branched_before_and_after_its_forced_token(
    service: RunService, database: Database, parent: StoredRun
) -> None:
    first = await branch(service, database, parent.generations[0].id, AT, ord("5"))
    generation = first.generations[0]
    later = await branch(service, database, generation.id, AT + 3, ord("!"))
    assert [s.origin for s in later.generations[0].spans] == ["model", "person", "model", "person", "model"]
    earlier = await branch(service, database, generation.id, 2, ord("!"))
    assert earlier.generations[0].text.startswith("An!")


async def test_a_branch_is_drawn_by_the_rules_that_its_text_was_drawn_by(
    service: RunService, puppet: Puppet, database: Database
) -> None:
    rules = {"top_h": 0.4, "top_h_variant": "repo", "eta": 0.001}
    (run_id,) = await service.launch([asked(params=rules)], person="local")
    await service.wait(run_id)
    source = await database.read(lambda s: run_store.load(s, run_id))
    assert source is not None
    stored = await branch(service, database, source.generations[0].id, AT, ord("5"))
    assert rules.items() <= stored.run.params.items()
    assert rules.items() <= asdict(puppet.calls[-1][1]).items()


def test_what_an_earlier_release_stored_of_a_draw_is_without_the_rules_it_did_not_know(parent: StoredRun) -> None:
    source = parent.generations[0]
    early = {name: value for name, value in source.sampling.items() if name not in ("top_h", "top_h_variant", "eta")}
    assert sampling_of(source.with_(sampling=early)) == sampling_of(source)
    assert not sampling_of(source).truncates


@pytest.mark.parametrize(
    ("index", "token", "why"),
    [
        (10, ord("x"), "has 10 tokens; there is no token 10"),
        (-1, ord("x"), "there is no token -1"),
        (1, VOCABULARY, "has no token 257"),
        (1, -1, "has no token -1"),
        (1, EOS, "ends the text"),
    ],
)
async def test_tokens_that_cannot_be_forced_are_refused(
    service: RunService, parent: StoredRun, index: int, token: int, why: str
) -> None:
    with pytest.raises(BadRequest, match=why):
        await service.branch(parent.generations[0].id, index, token, person="local")


async def test_another_model_is_refused_because_ids_are_its_vocabularys(
    service: RunService, stage: Stage, parent: StoredRun
) -> None:
    stage.current = Puppet(name="another")
    with pytest.raises(BadRequest, match=r"written by puppet; its tokens mean nothing to another"):
        await service.branch(parent.generations[0].id, 1, 65, person="local")


async def test_an_unknown_text_and_a_full_context_are_refused(
    service: RunService, stage: Stage, parent: StoredRun
) -> None:
    with pytest.raises(BadRequest, match="not stored"):
        await service.branch("unknown", 0, 65, person="local")
    stage.current = Puppet(context_length=20)
    with pytest.raises(BadRequest, match="fills the model's context"):
        await service.branch(parent.generations[0].id, 8, 65, person="local")
    assert stage.users == 0


async def test_a_method_that_continues_inside_a_text_marks_what_it_injected(
    service: RunService, database: Database
) -> None:
    (run_id,) = await service.launch([asked("scene_inject", params={"samples": 1})], person="local")
    live = await events_of(service, run_id)
    await service.wait(run_id)
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    other = stored.generations[1]
    assert other.text == "Ans wait otherwise"
    assert other.spans == (Span(0, 3, "model"), Span(3, 8, "injected"), Span(8, 18, "model"))
    assert other.cost.generated_tokens == len(" otherwise") + 1
    assert shown(live) == shown(await events_of(service, run_id))


async def test_a_text_cut_short_goes_on_with_settings_of_its_own(
    service: RunService, database: Database, puppet: Puppet
) -> None:
    (run_id,) = await service.launch([asked("scene_cut_short", params={"samples": 1})], person="local")
    await service.wait(run_id)
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    head, whole = stored.generations
    assert (head.text, head.finish_reason, whole.text, whole.finish_reason) == ("Ans", "length", "Answer:", "length")
    assert (whole.sampling["temperature"], whole.sampling["max_tokens"], whole.parents) == (0.5, 4, (head.id,))
    assert (whole.cost.generated_tokens, {span.origin for span in whole.spans}) == (4, {"model"})
    asked_in_all = len(head.messages[0][1].encode())
    assert {s.name: s.value for s in stored.scores} == {"room": puppet.context_length - asked_in_all, "tokens": 5}
