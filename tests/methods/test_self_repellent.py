"""Self-repellent sampling: weights, both votes, and what is kept of the prefix tree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log
from typing import Any

import pytest

from storage.records import StoredRun
from tests.methods.playing import Judge, Play, first_drafts
from tests.methods.signalled import score_of
from tests.runs.puppet import ended, spoken
from webapp.engine.lives import Noted
from webapp.engine.policies.settings import Policy, Repel
from webapp.engine.protocol import Prompt, Sampling, SteerEvent


def seen(visits: int, log_weight: float) -> dict[str, Any]:
    token = {"token": 65, "text": "A", "count": 0, "p": 0.5, "drawn_with": 0.25}
    return {"log_weight": log_weight, "visits": visits, "seen": [token]}


def repelled(prompts: Sequence[Prompt], policy: Policy, sampling: Sampling, n: int) -> Iterable[SteerEvent]:
    """Three samples: the last two were made likelier than the model has them, the last one at two tokens."""
    yield Noted(1, 0, "repelled", seen(1, log(0.5)))
    yield Noted(2, 0, "repelled", seen(2, log(0.5)))
    yield Noted(2, 1, "repelled", seen(1, log(0.25)))
    for life, answer in enumerate((7, 4, 4)):
        yield from (spoken(life, f"Answer: {answer}"), ended(life, f"Answer: {answer}"))


async def drawn(play: Play, **settings: Any) -> StoredRun:
    return await play("self_repellent", **{"samples": 3} | settings)


async def test_the_vote_is_by_weight_and_the_plain_one_stands_beside_it(play: Play, model: Judge) -> None:
    model.steering = repelled
    model.script = lambda prompt, sample: f"Answer: {sample // 2}"
    stored = await drawn(play)
    outcome = stored.run.outcome
    assert outcome.answer == "7"
    total = 1 + 0.5 + 0.125
    assert [(vote.answer, vote.weight) for vote in outcome.votes] == [
        ("7", pytest.approx(1 / total)), ("4", pytest.approx(0.625 / total)),
    ]  # fmt: skip
    assert outcome.note == (
        "Different answers: 2 with repulsion, 2 in as many first drafts, which by majority say 0. Do not rely on the "
        "weights: they are worth 2.1 of 3 samples; 5 are needed. Plain majority: 4."
    )
    assert (outcome.first_answer, [g.text for g in first_drafts(stored)]) == (
        "0",
        ["Answer: 0", "Answer: 0", "Answer: 1"],
    )


async def test_the_weight_of_every_sample_is_kept(play: Play, model: Judge) -> None:
    model.steering = repelled
    stored = await drawn(play)
    found = [score.value for score in stored.scores if score.name == "log_weight"]
    assert found == pytest.approx([0.0, log(0.5), log(0.125)])
    score = score_of(stored, "effective_samples")
    assert score.value == pytest.approx((1 + 0.5 + 0.125) ** 2 / (1 + 0.25 + 0.125**2))


async def test_the_tree_and_the_answers_are_kept(play: Play, model: Judge) -> None:
    model.steering = repelled
    model.script = lambda prompt, sample: f"Answer: {[7, 7, 1][sample]}"
    details = score_of(await drawn(play, depth=4, alpha=0.5), "effective_samples").details
    samples = details["samples"]
    assert [sample["tokens"] for sample in samples] == [list("Answ")] * 3, "no deeper than samples repel each other"
    assert [[draw["index"] for draw in sample["draws"]] for sample in samples] == [[], [0], [0, 1]]
    assert samples[2]["draws"][1] == {"index": 1, **seen(1, log(0.25))}
    assert [sample["answer"] for sample in samples] == ["7", "4", "4"]
    assert (details["drafts"], details["alpha"]) == (["7", "7", "1"], 0.5)
    answers = {each["answer"]: each for each in details["answers"]}
    assert {name: (each["repelled"], each["plain"]) for name, each in answers.items()} == {
        "7": (1, 2), "4": (2, 0), "1": (0, 1),
    }  # fmt: skip
    assert sum(each["share"] for each in answers.values()) == pytest.approx(1.0)
    assert answers["1"]["error"] == 0.0 < answers["7"]["error"]


async def test_a_sample_without_an_answer_has_weight_and_no_vote(play: Play, model: Judge) -> None:
    def script(prompts: Sequence[Prompt], policy: Policy, sampling: Sampling, n: int) -> Iterable[SteerEvent]:
        for life, text in enumerate(("Hm.", "Answer: 4", "Answer: 5")):
            yield from (spoken(life, text), ended(life, text))
        yield Noted(2, 0, "repelled", seen(2, -1.0))

    model.steering = script
    stored = await drawn(play)
    assert (stored.run.outcome.answer, [v.answer for v in stored.run.outcome.votes]) == ("4", ["4", "5"])
    assert "1 of 3 texts state no answer" in stored.run.outcome.note


async def test_settings_reach_the_policy(play: Play, model: Judge) -> None:
    stored = await drawn(play, alpha=2.0, epsilon=0.25, depth=9, temperature=0.6, top_k=5)
    [(_, policy, sampling)] = model.steered
    assert policy == Repel(2.0, 0.25, 9)
    assert (sampling.temperature, sampling.top_k, sampling.label) == (0.6, 5, "repelled")
    assert [(g.branch, g.round) for g in stored.generations if g.label == "repelled"] == [(i, 1) for i in range(3)]


async def test_one_sample_is_repelled_by_nothing(play: Play, model: Judge) -> None:
    outcome = (await drawn(play, samples=1)).run.outcome
    assert outcome.answer == "0"
    assert outcome.note == "Different answers: 1 with repulsion, 1 in as many first drafts, which by majority say 0."
