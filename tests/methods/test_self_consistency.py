"""Sample and vote: independent samples of one prompt, and the answer most of them reach."""

from __future__ import annotations

from math import exp, log

import pytest

from tests.methods.playing import SUM, Play, turns
from tests.methods.signalled import Signalled, failed, saying, scores_of, sure
from tests.runs.puppet import VOCABULARY
from webapp.methods.self_consistency import SelfConsistencyParams
from webapp.runs.request import BadRequest, RunRequest, typed_problem
from webapp.tasks.question import Question


@pytest.fixture
def model() -> Signalled:
    return Signalled()


async def test_every_sample_answers_the_bare_question_with_noise_of_its_own(play: Play, model: Signalled) -> None:
    stored = await play("self_consistency", samples=3, seed=7)
    asked = Question.of(SUM).prompt().messages[-1].content
    assert [turns(g) for g in stored.generations] == [[asked]] * 3
    assert [(g.role, g.label, g.branch, g.round, g.parents) for g in stored.generations] == [
        ("draft", "draft", branch, 0, ()) for branch in range(3)
    ]
    keys = [(g.sampling["seed"], g.sampling["label"], g.sampling["first_sample"]) for g in stored.generations]
    assert keys == [(7, "draft", 0), (7, "draft", 1), (7, "draft", 2)]
    assert len(model.calls) == 1, "one call draws them all, so that the question is read once"


async def test_the_answer_of_most_samples_wins_with_equal_numbers_counted_together(
    play: Play, model: Signalled
) -> None:
    saying(model, "Answer: 5", "Answer: 4", "2 + 2 is 4.0\nAnswer: 4.0", "Answer: 4", "Answer: 3")
    outcome = (await play("self_consistency", samples=5)).run.outcome
    assert (outcome.answer, outcome.verdict) == ("4", "correct")
    assert [(v.answer, v.branches, v.winner, v.tied) for v in outcome.votes] == [
        ("4", (1, 2, 3), True, False),
        ("5", (0,), False, False),
        ("3", (4,), False, False),
    ]
    assert outcome.note == ""


async def test_a_tie_is_said_and_the_earliest_sample_among_the_tied_decides(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 9", "Answer: 5", "Answer: 4", "Answer: 4", "Answer: 5")
    stored = await play("self_consistency", samples=5)
    outcome = stored.run.outcome
    assert (outcome.answer, outcome.verdict) == ("5", "incorrect")
    assert [(v.answer, v.winner, v.tied) for v in outcome.votes] == [
        ("5", True, True),
        ("4", False, True),
        ("9", False, False),
    ]
    assert outcome.note == "2 answers tie; the earliest sample among them decides."
    assert outcome.chosen_generation == stored.generations[1].id


async def test_a_sample_without_an_answer_votes_for_none_and_is_reported(play: Play, model: Signalled) -> None:
    saying(model, "I cannot tell.", "No idea.", "Answer: 4")
    stored = await play("self_consistency", samples=3)
    assert stored.run.outcome.answer == "4"
    assert [v.branches for v in stored.run.outcome.votes] == [(2,)]
    assert stored.run.outcome.note == "2 of 3 texts state no answer and vote for none."
    assert [g.verdict for g in stored.generations] == ["unparsed", "unparsed", "correct"]


async def test_no_answer_at_all_is_unparsed_and_the_first_sample_stands(play: Play, model: Signalled) -> None:
    saying(model, "Hm.", "Well.")
    stored = await play("self_consistency", samples=2)
    outcome = stored.run.outcome
    assert (outcome.answer, outcome.verdict, outcome.votes) == (None, "unparsed", ())
    assert outcome.chosen_generation == stored.generations[0].id
    assert outcome.note == "None of the 2 texts states an answer to vote on."


async def test_a_single_sample_is_the_answer_without_a_vote(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 4")
    outcome = (await play("self_consistency", samples=1)).run.outcome
    assert (outcome.answer, outcome.votes, outcome.note) == ("4", (), "")


async def test_choices_are_voted_on_by_their_letter(play: Play, model: Signalled) -> None:
    problem = typed_problem("Which is a bird?", "choice", "B", ("cat", "owl"))
    saying(model, "Answer: (B)", "An owl has feathers. Answer: B", "Answer: A")
    stored = await play("self_consistency", problem, samples=3)
    assert [(v.answer, v.branches) for v in stored.run.outcome.votes] == [("B", (0, 1)), ("A", (2,))]
    assert "(A) cat\n(B) owl" in turns(stored.generations[0])[0]


async def test_it_draws_five_by_default_and_takes_no_samples_of_another_run(play: Play) -> None:
    assert SelfConsistencyParams().samples == 5
    source = await play("self_consistency", samples=1)
    with pytest.raises(BadRequest, match="draws its own samples"):
        await play("self_consistency", source=source)


async def test_votes_weigh_one_each_and_no_weight_is_recorded_unless_asked(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 4", "Answer: 5", "Answer: 5")
    sure(model, logprob=[-0.1, -2.0, -2.0])
    stored = await play("self_consistency", samples=3)
    assert (stored.run.outcome.answer, stored.scores, stored.run.params["weight"]) == ("5", (), "count")


async def test_a_probable_sample_outweighs_two_improbable_ones(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 5", "Answer: 4, because 2 and 2 make 4", "Answer: 5")
    sure(model, logprob=[-2.0, -0.1, -1.5])
    stored = await play("self_consistency", samples=3, weight="probability")
    outcome = stored.run.outcome
    assert (outcome.answer, outcome.verdict, outcome.note) == ("4", "correct", "Plain majority: 5.")
    assert [(v.answer, v.branches, v.winner) for v in outcome.votes] == [("4", (1,), True), ("5", (0, 2), False)]
    assert [v.weight for v in outcome.votes] == pytest.approx([exp(-0.1), exp(-2.0) + exp(-1.5)], rel=1e-6)
    assert scores_of(stored, "vote_weight") == pytest.approx([exp(-2.0), exp(-0.1), exp(-1.5)], rel=1e-6)
    assert outcome.chosen_generation == stored.generations[1].id


async def test_the_length_of_a_sample_does_not_change_its_weight(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 4", "Let me think about this for a long time first.\nAnswer: 5")
    sure(model, logprob=[-0.5, -0.5])
    stored = await play("self_consistency", samples=2, weight="probability")
    assert [v.tied for v in stored.run.outcome.votes] == [True, True]


async def test_self_certainty_weighs_by_its_own_value(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 5", "Answer: 4", "Answer: 5")
    sure(model, logsumexp=[7.0, 12.0, 8.0], mean_logit=[0.0, 0.0, 0.5])
    stored = await play("self_consistency", samples=3, weight="self-certainty")
    expected = [7.0 - log(VOCABULARY), 12.0 - log(VOCABULARY), 7.5 - log(VOCABULARY)]
    assert scores_of(stored, "vote_weight") == pytest.approx(expected, rel=1e-5)
    assert stored.run.outcome.answer == "4", f"{expected[1]} is more than {expected[0] + expected[2]}"


async def test_where_no_sample_states_an_answer_the_heaviest_stands(play: Play, model: Signalled) -> None:
    saying(model, "Hm.", "Well.", "So.")
    sure(model, logprob=[-1.0, -0.5, -2.0])
    stored = await play("self_consistency", samples=3, weight="probability")
    assert stored.run.outcome.answer is None
    assert stored.run.outcome.chosen_generation == stored.generations[1].id


async def test_a_weight_that_is_not_known_ends_the_run_with_a_sentence(play: Play, model: Signalled) -> None:
    saying(model, "Answer: 5", "Answer: 4")
    sure(model, mean_logit=[1.0, None])
    stored = await failed(play, RunRequest(SUM, "self_consistency", {"samples": 2, "weight": "self-certainty"}))
    assert stored.run.error.startswith("The self-certainty of sample 2 is not known")
    assert [g.status for g in stored.generations] == ["finished", "finished"], "what was drawn is kept"


async def test_a_grid_of_other_temperatures_is_kept_with_the_samples(play: Play, model: Signalled) -> None:
    await play("self_consistency", samples=2, other_temperatures=" 1.2,0.5 , 1")
    assert [sampling.temperature_grid for _, sampling, _ in model.calls] == [(0.5, 1.0, 1.2)]
    await play("self_consistency", samples=2)
    assert model.calls[-1][1].temperature_grid == ()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("warm", "numbers with commas"),
        ("0.5, 0", "above 0"),
        ("nan", "above 0"),
        ("9", "up to 5"),
        (", ".join(f"0.{i}" for i in range(1, 10)), "At most 8"),
    ],
)
async def test_what_is_no_temperature_is_refused(given: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        SelfConsistencyParams(other_temperatures=given)
