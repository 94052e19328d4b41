"""Sharpening: the sample with the best self-reward, and the warning when that is about length."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.records import StoredRun
from tests.export.files import imported, write_lines
from tests.methods.playing import SUM, Play, turns
from tests.methods.signalled import Signalled, saying, score_of, scores_of, sure
from webapp.methods.sharpening import SharpeningParams
from webapp.tasks.question import Question

# Samples of the independent numbers: log-probabilities by token, and answers; ties go to the first.
MEANS, LENGTHS = [-0.566666666667, -0.333333333333, -0.5, -0.4], [3, 6, 2, 4]
SUMS = [-1.7, -2.0, -1.0, -1.6]


@pytest.fixture
def model() -> Signalled:
    return Signalled()


def long(answer: int, tokens: int) -> str:
    """Return a text of a given number of tokens, its end counted, that states an answer."""
    stated = f"Answer: {answer}"
    return "." * (tokens - 1 - len(stated)) + stated


async def rated(play: Play, model: Signalled, **settings: object) -> StoredRun:
    """Play four samples with the rewards above, each ten times as long so that it can state its answer."""
    saying(model, *(long(a, 10 * n) for a, n in zip((42, 17, 17, 42), LENGTHS, strict=True)))
    sure(model, logprob=[mean / 10 for mean in MEANS])
    return await play("sharpening", samples=4, **settings)


async def test_it_draws_once_at_the_temperature_of_the_model_and_asks_nothing(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 4", "Answer: 5")
    stored = await play("sharpening", samples=2)
    assert [turns(g) for g in stored.generations] == [[Question.of(SUM).prompt().messages[-1].content]] * 2
    assert (len(model.calls), model.judged) == (1, [])
    assert [g.sampling["temperature"] for g in stored.generations] == [1.0, 1.0]


async def test_the_three_rewards_are_recorded_whichever_decides(play: Play, model: Signalled) -> None:
    stored = await rated(play, model)
    assert scores_of(stored, "sum_logprob") == pytest.approx(SUMS, rel=1e-6)
    assert scores_of(stored, "mean_logprob") == pytest.approx([mean / 10 for mean in MEANS], rel=1e-6)
    assert scores_of(stored, "answer_frequency") == [0.5] * 4
    assert score_of(stored, "pick_length").details["picks"] == {
        "sum_logprob": 2, "mean_logprob": 1, "answer_frequency": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reward", "branch", "answer"),
    [("sum_logprob", 2, "17"), ("mean_logprob", 1, "17"), ("answer_frequency", 0, "42")],
)
async def test_the_best_by_the_chosen_reward_answers(
    play: Play, model: Signalled, reward: str, branch: int, answer: str
) -> None:
    stored = await rated(play, model, reward=reward)
    assert stored.run.outcome.chosen_generation == stored.generations[branch].id
    assert (stored.run.outcome.answer, stored.run.outcome.votes) == (answer, ())
    assert score_of(stored, "pick_length").value == pytest.approx(LENGTHS[branch] / (15 / 4))
    assert SharpeningParams().reward == "sum_logprob"


async def test_what_the_other_rewards_pick_is_said(play: Play, model: Signalled) -> None:
    note = (await rated(play, model, reward="mean_logprob")).run.outcome.note
    assert note == "By sum logprob: sample 3 (17). By answer frequency: sample 1 (42)."


async def test_a_sample_without_an_answer_has_no_frequency_but_can_be_the_likeliest(
    play: Play, model: Signalled
) -> None:
    saying(model, "Hm.", "Answer: 4", "Answer: 5", "Answer: 4.0")
    sure(model, logprob=[-0.1, -0.2, -0.2, -0.2])
    stored = await play("sharpening", samples=4)
    assert scores_of(stored, "answer_frequency") == [0.0, 0.5, 0.25, 0.5]
    assert (stored.run.outcome.answer, stored.run.outcome.verdict) == (None, "unparsed")
    assert stored.run.outcome.chosen_generation == stored.generations[0].id


async def test_it_warns_where_a_reward_takes_ever_shorter_samples(play: Play, model: Signalled) -> None:
    saying(model, long(4, 40), long(5, 20), long(4, 30))
    stored = await play("sharpening", samples=3)  # every token as probable as any: the shortest is the likeliest
    assert stored.run.outcome.answer == "5"
    curve = score_of(stored, "pick_length").details["expected"]["sum_logprob"]
    assert curve == pytest.approx([30.0, (5 * 20 + 3 * 30 + 40) / 9, (19 * 20 + 7 * 30 + 40) / 27])
    assert stored.run.outcome.note.startswith(
        "Picks get shorter with more samples: 30 tokens expected of one, 23 of the best of 3. This reward may favour"
    )
    assert score_of(stored, "pick_length").details["shorter"] == {
        "sum_logprob": True, "mean_logprob": False, "answer_frequency": False,
    }  # fmt: skip


async def test_it_does_not_warn_where_the_reward_has_nothing_to_do_with_length(play: Play, model: Signalled) -> None:
    saying(model, long(4, 20), long(5, 40), long(4, 30))
    sure(model, logprob=[-1.0, -0.1, -0.5])
    note = (await play("sharpening", samples=3)).run.outcome.note
    assert "shorter" not in note


async def test_samples_that_were_cut_are_counted_also_when_they_are_taken_over(play: Play, model: Signalled) -> None:
    saying(model, long(4, 20), "." * 99, long(5, 25))
    settings = {"samples": 3, "max_tokens": 30}
    source = await play("self_consistency", **settings)
    assert [g.finish_reason for g in source.generations] == ["eos", "length", "eos"]
    own, taken = await play("sharpening", **settings), await play("sharpening", source=source, **settings)
    for stored in (own, taken):
        assert "1 of 3 samples were cut at the longest text" in stored.run.outcome.note
    assert own.run.outcome.note == taken.run.outcome.note


async def test_samples_of_a_file_that_says_not_how_long_they_could_be_are_rated_all_the_same(
    play: Play, model: Signalled, tmp_path: Path
) -> None:
    drafts = [
        {"role": "draft", "branch": i, "text": text, "tokens": [{"id": c, "text": chr(c), "logprob": p} for c in ids]}
        for i, (text, ids, p) in enumerate((("Answer: 5", b"Answer: 5", -0.3), ("Answer: 4", b"Answer: 4", -0.2)))
    ]
    row = {"problem": {"question": SUM.question, "kind": "numeric"}, "model": "m", "method": "x", "texts": drafts}
    _, [source] = await imported(play.database, write_lines(tmp_path / "runs.jsonl", [row]))
    outcome = (await play("sharpening", source.run.problem, source=source)).run.outcome
    assert outcome.answer == "4"
    assert outcome.note == "By mean logprob: sample 2 (4). By answer frequency: sample 1 (5)."


async def test_a_single_sample_is_the_answer(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 4")
    stored = await play("sharpening", samples=1)
    assert (stored.run.outcome.answer, score_of(stored, "pick_length").value) == ("4", 1.0)
