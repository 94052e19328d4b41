"""A steered call in a run: every life is a generation, copies begin with their ancestor's rows, all counts once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from storage.database import Database
from storage.records import Span, StoredRun
from storage.repositories import runs as run_store
from tests.runs.following import asked, events_of, shown
from tests.runs.puppet import EOS, Puppet, ended, rows, spoken
from webapp.engine.lives import Forked, Noted
from webapp.engine.policies.settings import Policy, Unsteered
from webapp.engine.protocol import Prompt, Sampling, SteerEvent, TokenBatch
from webapp.runs.limits import Limits
from webapp.runs.request import BadRequest
from webapp.runs.service import RunService

LONG = 12  # tokens a text may have


def resampled(prompts: Sequence[Prompt], policy: Policy, sampling: Sampling, n: int) -> Iterable[SteerEvent]:
    """Two texts begin; the second is dropped for a copy of the first, which a policy ends with words of its own."""
    yield from (spoken(0, "Ans"), spoken(1, "Hm"), spoken(1, ".", 2))
    yield Noted(None, 3, "ess", {"ess": 1.2, "weights": [0.9, 0.1]})
    yield Forked(2, 0, 3, 1)
    yield ended(1, "Hm.", "pruned", 7)
    yield from (spoken(0, "wer: 4", 3), ended(0, "Answer: 4", prompt_tokens=7))
    yield spoken(2, "wer: ")
    yield TokenBatch(0, 2, 5, rows(list(b"5")), ("soft",))
    yield TokenBatch(0, 2, 6, rows(list(b"!!")), ("injected", "injected"))
    yield ended(2, "wer: 5!!", prompt_tokens=7)


async def done(service: RunService, database: Database, **settings: Any) -> StoredRun:
    request = asked("scene_steer", params={"samples": 2, "max_tokens": LONG} | settings)
    (run_id,) = await service.launch([request], person="local")
    await service.wait(run_id)
    stored = await database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None
    return stored


async def test_without_a_script_it_draws_as_generate_does(
    service: RunService, puppet: Puppet, database: Database
) -> None:
    stored = await done(service, database)
    drafts, steered = stored.generations[:2], stored.generations[2:]
    assert [(g.text, g.branch, g.parents) for g in steered] == [(d.text, d.branch, (d.id,)) for d in drafts]
    [(prompts, policy, sampling)] = puppet.steered
    assert (len(prompts), policy) == (1, Unsteered())
    assert (sampling.label, sampling.max_tokens, sampling.first_sample) == ("steered", LONG, 0)


async def test_every_life_is_a_text_of_its_own(service: RunService, puppet: Puppet, database: Database) -> None:
    puppet.steering = resampled
    stored = await done(service, database)
    first, dropped, copy = stored.generations[2:]
    assert [(g.text, g.branch, g.status, g.finish_reason) for g in (first, dropped, copy)] == [
        ("Answer: 4", 0, "finished", "stop"),
        ("Hm.", 1, "finished", "pruned"),
        ("Answer: 5!!", 1, "finished", "stop"),
    ]
    assert (dropped.verdict, dropped.answer, copy.verdict) == ("ungraded", None, "incorrect")
    assert copy.parents == (first.id,) and bytes(copy.prefix) == b"Ans"
    assert copy.spans == (Span(0, 8, "model"), Span(8, 9, "soft"), Span(9, 11, "injected"))
    assert bytes(stored.traces[copy.id].ids.tolist()) == b"Answer: 5!!"
    assert {(s.name, s.value) for s in stored.scores} == {("ess", 3), ("kept", 2)}
    assert next(s.details for s in stored.scores if s.name == "ess") == {"ess": 1.2, "weights": [0.9, 0.1]}


async def test_only_what_was_drawn_counts_and_the_prompt_once(
    service: RunService, puppet: Puppet, database: Database
) -> None:
    puppet.steering = resampled
    stored = await done(service, database)
    steered = stored.generations[2:]
    assert [(g.cost.generated_tokens, g.cost.prompt_tokens, g.cost.calls) for g in steered] == [
        (9, 0, 1), (3, 7, 1), (6, 0, 0),
    ]  # fmt: skip
    parts = [sum(getattr(g.cost, name) for g in stored.generations) for name in ("generated_tokens", "calls")]
    assert [stored.run.cost.generated_tokens, stored.run.cost.calls] == parts


async def test_copies_need_no_more_than_was_reserved_for_the_texts_they_replace(
    make_service: Any, puppet: Puppet, database: Database
) -> None:
    puppet.script = lambda prompt, sample: "A"
    puppet.steering = resampled
    spent_by_drafts = 2 * len([*b"A", EOS])
    stored = await done(await make_service(Limits(run_tokens=spent_by_drafts + 2 * LONG)), database)
    assert (stored.run.status, stored.run.error) == ("finished", "")


async def test_the_live_log_and_the_rebuilt_one_show_the_same(service: RunService, puppet: Puppet) -> None:
    puppet.steering = resampled
    (run_id,) = await service.launch([asked("scene_steer", params={"samples": 2})], person="local")
    live = await events_of(service, run_id)
    await service.wait(run_id)
    rebuilt = await events_of(service, run_id)
    assert shown(live) == shown(rebuilt)
    copy = list(shown(live)["generations"].values())[-1]
    assert "".join(copy["text"]) == "Answer: 5!!"


async def test_what_follows_on_mixtures_cannot_be_branched_off(
    service: RunService, puppet: Puppet, database: Database
) -> None:
    puppet.steering = resampled
    copy = (await done(service, database)).generations[-1]
    with pytest.raises(BadRequest, match="thought in mixtures"):
        await service.branch(copy.id, 9, ord("x"), person="local")
    await service.wait(await service.branch(copy.id, 8, ord("x"), person="local"))


async def test_a_call_that_ends_too_early_fails_the_run_with_what_there_is(
    service: RunService, puppet: Puppet, database: Database
) -> None:
    puppet.steering = lambda *_: [spoken(0, "Ans"), ended(1, "Hm.")]
    stored = await done(service, database)
    assert (stored.run.status, stored.run.error) == ("failed", "The model stopped before every text was finished.")
    assert [(g.text, g.finish_reason) for g in stored.generations[2:]] == [("Ans", "failed"), ("Hm.", "stop")]


async def test_a_model_that_cannot_be_steered_is_told_before(service: RunService, puppet: Puppet) -> None:
    puppet.capabilities -= {"steer"}
    puppet.__post_init__()
    with pytest.raises(BadRequest, match="needs a model that offers: steer"):
        await service.launch([asked("scene_steer")], person="local")
