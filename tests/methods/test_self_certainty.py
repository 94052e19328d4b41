"""Self-certainty: ranked samples, votes by rank, or the surest sample alone."""

from __future__ import annotations

from math import exp, log

import pytest

from tests.methods.playing import SUM, Play, turns
from tests.methods.signalled import Signalled, failed, saying, score_of, scores_of, sure
from tests.runs.puppet import VOCABULARY
from webapp.methods.self_certainty import SelfCertaintyParams
from webapp.runs.request import BadRequest, RunRequest, typed_problem
from webapp.tasks.question import Question

OPEN = typed_problem("Write a line on rain.")
HALF = typed_problem("What is half of 1?", "math", "1/2")


@pytest.fixture
def model() -> Signalled:
    return Signalled()


def certain(model: Signalled, *values: float) -> None:
    """Let sample i have this self-certainty."""
    sure(model, logsumexp=[value + log(VOCABULARY) for value in values], mean_logit=[0.0] * len(values))


async def test_it_draws_once_and_asks_nothing(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 4", "Answer: 5")
    stored = await play("self_certainty", samples=2)
    asked = Question.of(SUM).prompt().messages[-1].content
    assert [turns(g) for g in stored.generations] == [[asked]] * 2
    assert (len(model.calls), model.judged) == (1, [])


async def test_two_surer_samples_outvote_three_unsure_ones_at_a_large_power(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 5", "Answer: 4", "Answer: 5", "Answer: 4.0", "Answer: 5")
    certain(model, 1.0, 4.0, 2.0, 5.0, 3.0)
    stored = await play("self_certainty", samples=5, power=1.2)
    outcome = stored.run.outcome
    assert [(v.answer, v.branches, v.winner) for v in outcome.votes] == [("4", (1, 3), True), ("5", (0, 2, 4), False)]
    assert [v.weight for v in outcome.votes] == pytest.approx([4**1.2 + 5**1.2, 1 + 2**1.2 + 3**1.2])
    assert (outcome.answer, outcome.verdict, outcome.note) == ("4", "correct", "Plain majority: 5.")
    assert outcome.chosen_generation == stored.generations[3].id, "the surest of those that say so"
    assert scores_of(stored, "borda_points") == pytest.approx([1.0, 4**1.2, 2**1.2, 5**1.2, 3**1.2])
    assert scores_of(stored, "self_certainty") == pytest.approx([1.0, 4.0, 2.0, 5.0, 3.0], rel=1e-5)


async def test_the_same_samples_at_the_default_power_follow_the_many(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 5", "Answer: 4", "Answer: 5", "Answer: 4", "Answer: 5")
    certain(model, 1.0, 4.0, 2.0, 5.0, 3.0)
    stored = await play("self_certainty", samples=5)
    assert (SelfCertaintyParams().power, stored.run.outcome.answer) == (0.3, "5")
    assert stored.run.outcome.chosen_generation == stored.generations[4].id


async def test_what_a_chart_needs_is_kept(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 5", "Hm.", "Answer: 4")
    certain(model, 1.0, 3.0, 2.0)
    stored = await play("self_certainty", samples=3, power=1.0)
    share = score_of(stored, "borda_share")
    assert share.value == pytest.approx(2 / 3)
    assert (share.details["power"], share.details["select"]) == (1.0, "borda")
    rows = [(r["branch"], r["rank"], r["points"], r["answer"]) for r in share.details["ranking"]]
    assert rows == [(0, 3, 1.0, "5"), (1, 1, 3.0, None), (2, 2, 2.0, "4")]
    assert stored.run.outcome.note == "1 of 3 texts state no answer and vote for none. Plain majority: 5."


async def test_answers_that_mean_the_same_are_one(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 1/2", "Answer: 0.5", "Answer: 2")
    certain(model, 1.0, 2.0, 3.0)
    stored = await play("self_certainty", HALF, samples=3)
    first, same, other = (row["answer"] for row in score_of(stored, "borda_share").details["ranking"])
    assert first == same != other
    assert stored.run.outcome.verdict == "correct"


async def test_equal_certainty_ranks_the_earlier_higher(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 5", "Answer: 4")
    certain(model, 2.0, 2.0)
    stored = await play("self_certainty", samples=2)
    assert (stored.run.outcome.answer, [v.tied for v in stored.run.outcome.votes]) == ("5", [False, False])


async def test_power_zero_is_a_plain_vote_with_its_ties(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 5", "Answer: 4")
    certain(model, 1.0, 2.0)
    outcome = (await play("self_certainty", samples=2, power=0.0)).run.outcome
    assert (outcome.answer, [v.tied for v in outcome.votes]) == ("5", [True, True])


async def test_best_takes_the_surest_sample_that_states_an_answer(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 5", "Hm.", "Answer: 4", "Answer: 5")
    certain(model, 1.0, 9.0, 8.0, 2.0)
    stored = await play("self_certainty", samples=4, select="best", power=0.0)
    outcome = stored.run.outcome
    assert (outcome.answer, outcome.votes) == ("4", ())
    assert outcome.chosen_generation == stored.generations[2].id
    assert outcome.note == "The most self-certain sample answers. Borda vote: 5. Plain majority: 5."


@pytest.mark.parametrize("select", ["borda", "best"])
async def test_an_open_question_is_answered_by_the_surest_sample(play: Play, model: Signalled, select: str) -> None:
    saying(model, "Rain falls.", "Rain sings.", "Rain.")
    certain(model, 1.0, 3.0, 2.0)
    stored = await play("self_certainty", OPEN, samples=3, select=select, power=0.0)
    assert stored.run.outcome.chosen_generation == stored.generations[1].id
    assert stored.run.outcome.note.endswith("The most self-certain text stands.")
    assert score_of(stored, "borda_share").value is None


async def test_a_single_sample_is_the_answer(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 4")
    for select in ("borda", "best"):
        outcome = (await play("self_certainty", samples=1, select=select)).run.outcome
        assert (outcome.answer, outcome.note) == ("4", "")


async def test_the_companions_are_recorded_for_every_sample(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 4", "Answer: 5")
    sure(model, logprob=[-0.5, -1.0], entropy=[0.7, 1.5], sum_p2=[0.6, 0.3])
    stored = await play("self_certainty", samples=2)
    expected = {
        "mean_logprob": [-0.5, -1.0],
        "perplexity": [exp(0.5), exp(1.0)],
        "mean_entropy": [0.7, 1.5],
        "gini": [0.6, 0.3],
        "distribution_perplexity": [exp(0.7), exp(1.5)],
    }
    for name, values in expected.items():
        assert scores_of(stored, name) == pytest.approx(values, rel=1e-6), name
        [how] = {score.how for score in stored.scores if score.name == name}
        assert "surer" in how


async def test_a_companion_that_is_not_known_is_said_to_be_unknown(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 4", "Answer: 5")
    sure(model, sum_p2=[0.5, None], entropy=[None, 1.0])
    stored = await play("self_certainty", samples=2)
    assert scores_of(stored, "gini") == [0.5, None]
    assert scores_of(stored, "mean_entropy") == [None, 1.0]


async def test_a_model_without_full_distributions_is_refused(play: Play, model: Signalled) -> None:
    model.capabilities = model.capabilities - {"full_vocabulary"}
    model.__post_init__()
    with pytest.raises(BadRequest, match="Self-certainty needs a model that offers: full vocabulary"):
        await play("self_certainty", samples=2)


async def test_samples_of_a_run_that_told_too_little_are_named(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 4", "Answer: 5", "Answer: 6")
    sure(model, logsumexp=[None, 9.0, None])
    source = await play("self_consistency", samples=3)
    stored = await failed(play, RunRequest(SUM, "self_certainty", {}, input_run=source.run.id))
    assert stored.run.error.startswith("The self-certainty of sample 1, 3 is not known")
