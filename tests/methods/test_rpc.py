"""RPC: what distinct, probable paths give their answers, and what becomes of the others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import exp, log

import pytest

from storage.records import StoredRun
from tests.methods.playing import SUM, Play, turns
from tests.methods.signalled import Signalled, saying, score_of, scores_of, sure
from webapp.methods.rpc import RpcParams
from webapp.tasks.question import Question

SPLIT = [0.9, 0.91, 0.92, 0.9, 0.93, 0.3, 0.31, 0.29]


@pytest.fixture
def model() -> Signalled:
    return Signalled()


def probable(model: Signalled, *x: float) -> None:
    """Let sample i have this probability per token."""
    sure(model, logprob=[log(each) for each in x])


def paths(*answers: int | None) -> Sequence[str]:
    return [f"{'abcdefgh'[i]}. {'Hm.' if a is None else f'Answer: {a}'}" for i, a in enumerate(answers)]


def details(stored: StoredRun) -> dict[str, object]:
    return dict(score_of(stored, "rpc_confidence").details)


async def test_it_draws_once_and_asks_nothing(play: Play, model: Signalled) -> None:
    saying(model, *paths(4, 5))
    stored = await play("rpc", samples=2)
    assert [turns(g) for g in stored.generations] == [[Question.of(SUM).prompt().messages[-1].content]] * 2
    assert (len(model.calls), model.judged) == (1, [])


async def test_few_paths_are_weighed_by_their_probability_and_none_is_pruned(play: Play, model: Signalled) -> None:
    saying(model, *paths(5, 4, 5))
    probable(model, 0.3, 0.9, 0.4)
    stored = await play("rpc", samples=3)
    outcome = stored.run.outcome
    assert [(v.answer, v.branches, v.winner) for v in outcome.votes] == [("4", (1,), True), ("5", (0, 2), False)]
    assert [v.weight for v in outcome.votes] == pytest.approx([0.9 / 1.6, 0.7 / 1.6], rel=1e-6)
    assert outcome.note == (
        "Nothing was pruned: there are fewer than 8 samples. Plain majority: 5. The likeliest path says 4."
    )
    assert score_of(stored, "rpc_confidence").value == pytest.approx(0.9 / 1.6, rel=1e-6)
    assert (details(stored)["mixture"], details(stored)["fitted_by"]) == (None, None)
    assert not [score for score in stored.scores if score.name == "p_high"]


async def test_a_text_that_was_drawn_twice_counts_once(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 5", "Answer: 4", "Answer: 5")
    probable(model, 0.5, 0.6, 0.5)
    stored = await play("rpc", samples=3)
    assert stored.run.outcome.answer == "4"
    assert scores_of(stored, "rpc_weight") == pytest.approx([0.5 / 1.1, 0.6 / 1.1, 0.0], rel=1e-6)
    assert [path["copy_of"] for path in details(stored)["paths"]] == [None, None, 0]  # type: ignore[attr-defined]


async def test_improbable_paths_are_pruned_however_many_agree(play: Play, model: Signalled) -> None:
    saying(model, *paths(4, 4, 3, 3, 2, 5, 5, 5))
    probable(model, *SPLIT)
    stored = await play("rpc", samples=8)
    outcome, kept = stored.run.outcome, sum(SPLIT[:5])
    assert [(v.answer, v.winner) for v in outcome.votes] == [("3", True), ("4", False), ("2", False), ("5", False)]
    expected = [(0.92 + 0.9) / kept, (0.9 + 0.91) / kept, 0.93 / kept, 0.0]
    assert [v.weight for v in outcome.votes] == pytest.approx(expected, rel=1e-6)
    assert outcome.note == "3 of 8 pruned. Plain majority: 5. The likeliest path says 2."
    assert outcome.chosen_generation == stored.generations[2].id, "the likeliest path to the answer"


async def test_what_a_chart_needs_is_kept(play: Play, model: Signalled) -> None:
    saying(model, *paths(4, 4, 3, 3, None, 5, 5, 5))
    probable(model, *SPLIT)
    stored = await play("rpc", samples=8)
    kept = json.loads(json.dumps(details(stored)))
    assert [path["kept"] for path in kept["paths"]] == [True] * 5 + [False] * 3
    assert [path["x"] for path in kept["paths"]] == pytest.approx(SPLIT, rel=1e-6)
    assert [path["answer"] for path in kept["paths"]] == ["4", "4", "3", "3", None, "5", "5", "5"]
    assert kept["mean"] == pytest.approx(sum(SPLIT) / 8, rel=1e-6)
    assert (kept["fitted_by"], kept["not_pruned"]) == ("L-BFGS-B", "")
    high, low = kept["mixture"]["high"], kept["mixture"]["low"]
    assert high["weight"] + low["weight"] == pytest.approx(1.0)
    assert high["mean"] == pytest.approx(0.91, abs=0.02) and low["mean"] == pytest.approx(0.3, abs=0.02)
    assert scores_of(stored, "p_high") == pytest.approx([path["p_high"] for path in kept["paths"]])
    sc, pc, rpc = ([round(a[key], 3) for a in kept["answers"]] for key in ("sc", "pc", "rpc"))
    assert [a["answer"] for a in kept["answers"]] == ["5", "4", "3"]
    assert sc == [3 / 8, 2 / 8, 2 / 8], "of all samples, also the one without an answer"
    answered = sum(SPLIT) - 0.93
    assert pc == [round(part / answered, 3) for part in (0.9, 1.81, 1.82)]
    assert rpc == [0.0, round(1.81 / 3.63, 3), round(1.82 / 3.63, 3)]


async def test_pruning_can_be_switched_off_or_started_earlier(play: Play, model: Signalled) -> None:
    saying(model, *paths(4, 4, 3, 3, 2, 5, 5, 5))
    probable(model, *SPLIT)
    off = await play("rpc", samples=8, pruning=False)
    assert off.run.outcome.note.startswith("Nothing was pruned: pruning is switched off.")
    assert all(v.weight > 0 for v in off.run.outcome.votes)
    probable(model, 0.9, 0.92, 0.91, 0.3)
    early = await play("rpc", samples=4, fewest=4)
    assert early.run.outcome.note.startswith("1 of 4 pruned.")
    assert RpcParams().fewest == 8


async def test_pruning_never_leaves_nothing(play: Play, model: Signalled) -> None:
    saying(model, *paths(None, None, None, None, None, 5, 5, 4))
    probable(model, *SPLIT)
    outcome = (await play("rpc", samples=8)).run.outcome
    assert outcome.answer == "5"
    assert outcome.note == (
        "Nothing was pruned: no path with an answer would be left. 5 of 8 texts state no answer and vote for none. "
        "Plain majority: 5. The likeliest path says nothing that can be read."
    )


async def test_greedy_samples_are_one_path(play: Play, model: Signalled) -> None:
    saying(model, *["Answer: 4"] * 8)
    stored = await play("rpc", samples=8, temperature=0)
    assert stored.run.outcome.note.startswith("Nothing was pruned: all samples are equally probable.")
    assert scores_of(stored, "rpc_weight") == [1.0, *[0.0] * 7]
    assert scores_of(stored, "path_probability") == pytest.approx([exp(-0.25)] * 8)
    assert stored.run.outcome.answer == "4"


async def test_equal_sums_tie_and_the_earliest_decides(play: Play, model: Signalled) -> None:
    saying(model, *paths(5, 4))
    probable(model, 0.5, 0.5)
    outcome = (await play("rpc", samples=2)).run.outcome
    assert (outcome.answer, [v.tied for v in outcome.votes]) == ("5", [True, True])
    assert "2 answers tie" in outcome.note


async def test_without_answers_the_likeliest_path_stands(play: Play, model: Signalled) -> None:
    saying(model, *paths(None, None, None))
    probable(model, 0.2, 0.8, 0.5)
    stored = await play("rpc", samples=3)
    assert stored.run.outcome.chosen_generation == stored.generations[1].id
    assert score_of(stored, "rpc_confidence").value is None
    assert stored.run.outcome.answer is None


async def test_a_single_sample_is_the_answer(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 4")
    outcome = (await play("rpc", samples=1)).run.outcome
    assert (outcome.answer, outcome.votes, outcome.note) == ("4", (), "")
