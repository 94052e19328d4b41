"""SRGen on a scripted engine: the plain text first, the corrected one with its noise, and what is kept of both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields

import pytest

from storage.records import StoredRun
from tests.methods.playing import Judge, Play, first_drafts, of_role
from tests.runs.puppet import ended, spoken
from webapp.engine.lives import Noted
from webapp.engine.policies.settings import Policy, SRGen
from webapp.engine.protocol import Prompt, Sampling, SteerEvent
from webapp.methods.srgen import SRGenParams

SPIKE = {
    "entropy": 3.5, "threshold": 3.0, "corrected": 2.5, "norm": 0.7, "seconds": 0.2, "token": "4", "otherwise": "5",
    "losses": [(4.0, 3.5), (3.9, 2.5)], "before": [("5", 0.4)], "after": [("4", 0.6)],
}  # fmt: skip


def corrected(prompts: Sequence[Prompt], policy: Policy, sampling: Sampling, n: int) -> Iterable[SteerEvent]:
    """The first text is corrected twice, the others never."""
    for life in range(n):
        text = f"Answer: {4 if life == 0 else 7}"
        if life == 0:
            yield Noted(0, 3, "spike", SPIKE)
            yield Noted(0, 8, "spike", SPIKE | {"corrected": 3.0, "otherwise": "4"})
        yield spoken(life, text)
        yield ended(life, text)
        yield Noted(life, len(text), "watched", {"entropies": [1.0, 3.5], "thresholds": [3.0, 3.0]})


def revised(stored: StoredRun) -> list[tuple[str, int, int, tuple[str, ...]]]:
    return [(g.text, g.branch, g.round, g.parents) for g in of_role(stored, "revision")]


async def test_the_corrected_text_stands_beside_the_plain_one_with_its_noise(play: Play, model: Judge) -> None:
    model.script, model.steering = (lambda prompt, sample: "Answer: 5"), corrected
    stored = await play("srgen", seed=9)
    [draft] = first_drafts(stored)
    assert revised(stored) == [("Answer: 4", 0, 1, (draft.id,))]
    [(prompts, _, sampling)] = model.steered
    plain = model.calls[0][1]
    assert prompts == (model.calls[0][0],) and sampling == plain
    outcome = stored.run.outcome
    assert (outcome.first_answer, outcome.answer, outcome.verdict) == ("5", "4", "correct")
    assert outcome.note == "Corrected 2 tokens; the same noise would have drawn another in 1 of them."


async def test_every_spike_is_kept_with_its_evidence(play: Play, model: Judge) -> None:
    model.steering = corrected
    stored = await play("srgen", samples=3)
    texts = of_role(stored, "revision")
    by_text = {(s.name, s.generation_id): s for s in stored.scores}
    assert [by_text["corrected_tokens", text.id].value for text in texts] == [2, 0, 0]
    assert by_text["entropy_drop", texts[0].id].value == pytest.approx((1.0 + 0.5) / 2)
    assert ("entropy_drop", texts[1].id) not in by_text
    details = by_text["corrected_tokens", texts[0].id].details
    assert [spike["index"] for spike in details["spikes"]] == [3, 8]
    assert (details["entropies"], details["thresholds"]) == ([1.0, 3.5], [3.0, 3.0])


async def test_several_samples_vote_and_the_plain_vote_is_noted(play: Play, model: Judge) -> None:
    model.script, model.steering = (lambda prompt, sample: f"Answer: {sample}"), corrected
    stored = await play("srgen", samples=3)
    assert stored.run.outcome.answer == "7"
    assert [(v.answer, v.branches) for v in stored.run.outcome.votes] == [("7", (1, 2)), ("4", (0,))]
    assert "Plain majority: 0." in stored.run.outcome.note


async def test_a_text_without_a_spike_says_so(play: Play, model: Judge) -> None:
    stored = await play("srgen")
    assert stored.run.outcome.note == "No entropy passed the threshold, so nothing was corrected."
    assert [g.text for g in stored.generations] == ["Answer: 0"] * 2


async def test_its_settings_are_those_of_the_policy(play: Play, model: Judge) -> None:
    given = {"window": 5, "factor": 2.0, "most": 3, "rate": 0.1, "balance": 0.5, "positions": 0, "before": 2.0}
    await play("srgen", **given)
    assert model.steered[0][1] == SRGen(**given)  # type: ignore[arg-type]
    assert SRGenParams().policy() == SRGen()
    assert {field.name for field in fields(SRGen)} <= set(SRGenParams.model_fields)
