"""Early pruning: beginnings are judged, the promising ones go on as they would have, and the best of them counts."""

from __future__ import annotations

from typing import Any

import pytest

from storage.records import StoredRun
from tests.methods.playing import Judge, Play, first_drafts, of_role
from webapp.engine.protocol import Prompt
from webapp.methods.early_pruning import START_OVER, START_OVER_NOW, EarlyPruningParams

CUT = 12  # tokens of the puppet are bytes


def thinking(prompt: Prompt, sample: int) -> str:
    return f"Let me see: {sample}.\nAnswer: {sample}"


def believing(model: Judge, begun: list[float], finished: list[float]) -> None:
    """Let the model believe these of the beginnings, and those of the finished samples, in order."""
    coming = {START_OVER_NOW: iter(begun), START_OVER: iter(finished)}
    model.odds = lambda asked: (share := next(coming[asked]), 1 - share)


async def pruning(play: Play, **params: Any) -> StoredRun:
    return await play("early_pruning", **{"samples": 4, "checkpoint": CUT} | params)


def details(stored: StoredRun) -> tuple[float | None, dict[str, Any]]:
    [score] = [score for score in stored.scores if score.name == "share_saved"]
    assert score.generation_id is None
    return score.value, dict(score.details)


async def test_all_begin_and_the_best_beginnings_are_finished(play: Play, model: Judge) -> None:
    model.script = thinking
    believing(model, [0.3, 0.6, 0.1, 0.5], [0.2, 0.9])
    stored = await pruning(play)
    assert [(g.text, g.branch, g.finish_reason) for g in of_role(stored, "search")] == [
        ("Let me see: ", branch, "length") for branch in range(4)
    ]
    assert [(g.text, g.branch, g.round) for g in first_drafts(stored)] == [
        ("Let me see: 1.\nAnswer: 1", 1, 0),
        ("Let me see: 3.\nAnswer: 3", 3, 0),
    ]
    assert stored.run.outcome.answer == "3", "the best of the finished, by their second judgement"
    assert stored.run.outcome.note.startswith("2 of 4 samples finished.")


async def test_a_sample_goes_on_inside_its_own_message_with_its_own_noise(play: Play, model: Judge) -> None:
    model.script = thinking
    stored = await pruning(play, samples=2, pruned=0.5, seed=9)
    begun, [draft] = of_role(stored, "search"), first_drafts(stored)
    assert draft.parents == (begun[0].id,) and draft.messages == begun[0].messages
    assert bytes(draft.prefix) == b"Let me see: "
    keys = [(g.sampling["seed"], g.sampling["label"], g.sampling["first_sample"]) for g in (begun[0], draft)]
    assert keys == [(9, "draft", 0)] * 2, "the noise of the unpruned sample"
    assert {span.origin for span in draft.spans} == {"model"}


async def test_a_finished_sample_is_the_one_that_was_not_pruned(play: Play, model: Judge) -> None:
    model.script = thinking
    vote = await play("self_consistency", samples=4, seed=2)
    plain = {g.branch: stored_ids for g, stored_ids in zip(vote.generations, _ids(vote), strict=True)}
    pruned = await pruning(play, seed=2)
    drafts = first_drafts(pruned)
    assert [pruned.traces[g.id].ids.tolist() for g in drafts] == [plain[g.branch] for g in drafts]


def _ids(stored: StoredRun) -> list[list[int]]:
    return [stored.traces[g.id].ids.tolist() for g in stored.generations]


async def test_beginnings_are_judged_as_beginnings_and_are_not_graded(play: Play, model: Judge) -> None:
    model.script = thinking
    stored = await pruning(play)
    assert [asked for asked, _ in model.judged] == [START_OVER_NOW] * 4 + [START_OVER] * 2
    assert {(g.answer, g.verdict) for g in of_role(stored, "search")} == {(None, "ungraded")}
    about = {s.generation_id: s.name for s in stored.scores if s.generation_id}
    assert [about[g.id] for g in of_role(stored, "search")] == ["p_no_better_begun"] * 4
    assert [about[g.id] for g in first_drafts(stored)] == ["p_no_better"] * 2


async def test_equal_scores_keep_and_choose_the_earlier(play: Play, model: Judge) -> None:
    model.script = thinking
    stored = await pruning(play)
    assert [g.branch for g in first_drafts(stored)] == [0, 1]
    assert stored.run.outcome.answer == "0"


async def test_what_pruning_saved_is_recorded(play: Play, model: Judge) -> None:
    model.script = thinking
    believing(model, [0.5, 0.25, 0.125, 0.0625], [0.5, 0.75])
    value, told = details(await pruning(play))
    length = len("Let me see: 0.\nAnswer: 0") + 1
    assert value == pytest.approx(1 - (4 * CUT + 2 * (length - CUT)) / (4 * length))
    assert told == {
        "mean_begun": CUT,
        "mean_length": length,
        "samples": [
            {"branch": 0, "begun": 0.5, "finished": 0.5},
            {"branch": 1, "begun": 0.25, "finished": 0.75},
            {"branch": 2, "begun": 0.125, "finished": None},
            {"branch": 3, "begun": 0.0625, "finished": None},
        ],
    }


async def test_a_sample_that_ended_before_the_checkpoint_is_finished_as_it_is(play: Play, model: Judge) -> None:
    stored = await pruning(play, samples=2, pruned=0.0)
    assert [g.finish_reason for g in of_role(stored, "search")] == ["eos"] * 2
    assert [(g.text, g.finish_reason, g.cost.generated_tokens) for g in first_drafts(stored)] == [
        ("Answer: 0", "eos", 1),
        ("Answer: 1", "eos", 1),
    ]
    assert details(stored)[0] == pytest.approx(0.0)


@pytest.mark.parametrize("longest", [2, CUT, CUT + 1, 30])
async def test_no_sample_is_longer_than_the_longest(play: Play, model: Judge, longest: int) -> None:
    model.script = lambda prompt, sample: "x" * 100
    stored = await pruning(play, samples=2, pruned=0.5, max_tokens=longest)
    assert [len(g.text) for g in first_drafts(stored)] == [longest]
    assert [len(g.text) for g in of_role(stored, "search")] == [min(CUT, longest - 1)] * 2


async def test_the_plain_majority_of_the_finished_is_noted(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: f"Let me see: Answer: {[7, 4, 4][sample]}"
    outcome = (await pruning(play, samples=3, pruned=0.0)).run.outcome
    assert (outcome.answer, outcome.first_answer) == ("7", "4")
    assert outcome.note == "3 of 3 samples finished. Plain majority: 4."


def test_half_is_pruned_by_default() -> None:
    params = EarlyPruningParams()
    assert (params.pruned, params.checkpoint, params.samples) == (0.5, 64, 8)
