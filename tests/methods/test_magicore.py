"""MAgICoRe: routing by quality and confidence, reviewer and refiner over all chains, the pool, the weighted vote."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from storage.records import Score, StoredRun
from tests.methods.playing import SUM, Judge, Play, counted, first_drafts, of_role, said_to, turns
from webapp.engine.protocol import Prompt
from webapp.methods._self_score import OUTCOME
from webapp.methods.magicore import REFINE, REFINER, REVIEW, REVIEWER, SCORED, STEP, refining, reviewing
from webapp.methods.registry import methods
from webapp.tasks.question import Question

QUESTION = Question.of(SUM)
SPREAD = ["Answer: 1", "Answer: 2", "Answer: 3", "Answer: 5"]  # four different answers: H = ln 4
HARD: dict[str, Any] = {"samples": 4, "mean": 2.0, "deviation": 0.5}
SOLUTION = re.compile(r"(?:Proposed|Beginning of a) solution:\n(?P<text>.*)\n\nIs ", re.S)


def saying(model: Judge, drafts: Sequence[str], *refined: Sequence[str]) -> None:
    """Let chain i be the i-th draft, and in round r the i-th of the r-th refinements; reviews name their chain."""

    def script(prompt: Prompt, sample: int) -> str:
        asked = said_to(prompt)
        if asked.endswith(REVIEW):
            return f"Mend sample {sample}."
        if REFINE not in asked:
            return drafts[sample]
        made = next((r for r, texts in enumerate(refined) if _shown(asked) == texts[sample]), -1)
        return refined[made + 1][sample]

    model.script = script


def _shown(asked: str) -> str:
    scored = asked.rpartition("Solution:\n")[2].partition("\n\nReview:")[0]
    return re.sub(r" \(Score: \d+/10\)", "", scored)


def judging(model: Judge, outcome: Callable[[str], float], step: Callable[[str], float] = lambda last: 1.0) -> None:
    """Let the model find a solution right by its whole text, and a step by its last line."""

    def odds(asked: str) -> tuple[float, float]:
        found = SOLUTION.search(asked)
        assert found is not None, asked
        p = step(found["text"].splitlines()[-1]) if "Beginning of a" in found[0] else outcome(found["text"])
        return p, 1 - p

    model.odds = odds


def named(stored: StoredRun, name: str) -> list[Score]:
    return [score for score in stored.scores if score.name == name]


def whole(stored: StoredRun, name: str) -> Mapping[str, Any]:
    [score] = named(stored, name)
    assert score.generation_id is None
    return score.details


def rounds(stored: StoredRun) -> list[dict[str, Any]]:
    return list(whole(stored, "routing")["rounds"])


async def test_an_easy_problem_is_answered_by_the_weighted_vote(play: Play, model: Judge) -> None:
    saying(model, ["Answer: 1", "Answer: 1", "Answer: 2"])
    judging(model, lambda text: 0.9 if "2" in text else 0.1, lambda last: 0.9 if "2" in last else 0.1)
    stored = await play("magicore", samples=3, mean=0.0)
    assert [g.role for g in stored.generations] == ["draft"] * 3
    outcome = stored.run.outcome
    assert outcome.answer == "2", "1.8 outweighs 0.2 + 0.2, though two chains say 1"
    assert [(vote.answer, vote.branches) for vote in outcome.votes] == [("2", (2,)), ("1", (0, 1))]
    assert [vote.weight for vote in outcome.votes] == pytest.approx([1.8, 0.4])
    assert outcome.note == "Easy: answered by the weighted vote. Plain majority: 1."
    assert outcome.chosen_generation == first_drafts(stored)[2].id


@pytest.mark.parametrize(
    ("drafts", "mean", "hard"),
    [
        (SPREAD, 2.0, True),
        (SPREAD, 0.5, False),  # the answers are spread, but as good as usual
        (["Answer: 1"] * 3 + ["Answer: 2"], 2.0, False),  # worse than usual, but they agree
        (["Answer: 1"] * 4, 0.5, False),
    ],
)
async def test_hard_is_low_quality_and_low_confidence(
    play: Play, model: Judge, drafts: list[str], mean: float, hard: bool
) -> None:
    saying(model, drafts, ["Answer: 7"] * 4)
    judging(model, lambda text: 0.4, lambda last: 0.5)
    stored = await play("magicore", samples=4, mean=mean, deviation=0.5, rounds=1)
    first = rounds(stored)[0]
    assert first["hard"] is hard and bool(of_role(stored, "revision")) is hard
    assert first["quality"] == pytest.approx((0.9 - mean) / 0.5)
    assert named(stored, "routing")[0].value == float(hard)


async def test_all_chains_are_reviewed_and_refined_with_the_scores_of_their_steps(play: Play, model: Judge) -> None:
    drafts = [f"First {i}.\nThen {i}.\nAnswer: {i}" for i in range(4)]
    saying(model, drafts, ["Answer: 7"] * 4)
    judging(model, lambda text: 0.4, lambda last: {"F": 0.26, "T": 0.55, "A": 0.95}[last[0]])
    stored = await play("magicore", **HARD, rounds=1)
    reviews, refined = of_role(stored, "critique"), of_role(stored, "revision")
    assert [g.branch for g in reviews] == [g.branch for g in refined] == [0, 1, 2, 3]
    for draft, review, revision in zip(first_drafts(stored), reviews, refined, strict=True):
        i = draft.branch
        scored = f"First {i}. (Score: 3/10)\nThen {i}. (Score: 6/10)\nAnswer: {i} (Score: 9/10)"
        assert turns(review) == [m.content for m in reviewing(QUESTION, scored).messages]
        assert turns(revision) == [m.content for m in refining(QUESTION, scored, f"Mend sample {i}.").messages]
        assert (review.parents, revision.parents) == ((draft.id,), (draft.id, review.id))
        assert (review.label, revision.label) == ("review-1", "refinement-1")


def test_reviewer_and_refiner_work_in_conversations_of_their_own_after_one_example() -> None:
    review, refinement = reviewing(QUESTION, "Two. (Score: 1/10)"), refining(QUESTION, "Two. (Score: 1/10)", "No.")
    for prompt, example in ((review, REVIEWER), (refinement, REFINER)):
        assert [m.role for m in prompt.messages] == ["user", "assistant", "user"]
        assert tuple(m.content for m in prompt.messages[:2]) == example
        assert "Two. (Score: 1/10)" in said_to(prompt)
    assert "below 6" in said_to(review) and "do not write a new solution" in said_to(review)
    assert "Review:\nNo.\n" in said_to(refinement) and said_to(refinement).endswith(QUESTION.answer_format())


async def test_step_scores_are_multiplied_not_averaged(play: Play, model: Judge) -> None:
    saying(model, ["Half.\nFifth.\nAnswer: 1"])
    judging(model, lambda text: 0.3, lambda last: {"Half.": 0.5, "Fifth.": 0.2}.get(last, 1.0))
    stored = await play("magicore", samples=1)
    [process], [outcome] = named(stored, "step_score"), named(stored, "outcome_score")
    assert (process.value, outcome.value) == pytest.approx((0.1, 0.3))
    assert [step["text"] for step in process.details["steps"]] == ["Half.", "Fifth.", "Answer: 1"]
    assert stored.run.outcome.votes == () or stored.run.outcome.votes[0].weight == pytest.approx(0.4)


async def test_each_step_is_judged_with_the_steps_up_to_it(play: Play, model: Judge) -> None:
    saying(model, ["One.\nTwo.\nAnswer: 3"])
    judging(model, lambda text: 0.5)
    await play("magicore", samples=1)
    asked = [(SOLUTION.search(request), begun) for request, begun in model.judged]
    seen = [(found["text"], begun) for found, begun in asked if found]
    assert [text for text, begun in seen if begun == OUTCOME.begun] == ["One.\nTwo.\nAnswer: 3"]
    assert [text for text, begun in seen if begun == STEP.begun] == ["One.", "One.\nTwo.", "One.\nTwo.\nAnswer: 3"]


async def test_a_chain_without_an_answer_has_steps_of_no_worth_and_no_vote(play: Play, model: Judge) -> None:
    saying(model, ["Hm.\nHm.", "Answer: 2"])
    judging(model, lambda text: 0.8)
    stored = await play("magicore", samples=2)
    assert [score.value for score in named(stored, "step_score")] == [0, 1]
    assert [vote.answer for vote in stored.run.outcome.votes] == ["2"]
    assert "1 of 2 chains state no answer and vote for none." in stored.run.outcome.note


async def test_without_any_answer_it_is_hard_where_quality_is_low(play: Play, model: Judge) -> None:
    saying(model, ["Hm."] * 2, ["Answer: 4", "Hm, well."])
    judging(model, lambda text: 0.5)
    stored = await play("magicore", samples=2, mean=1.0, rounds=1)
    first, second = rounds(stored)
    assert (first["hard"], first["outcome_entropy"], first["outcome_confidence"]) == (True, None, 0.0)
    assert (second["hard"], stored.run.outcome.answer) == (False, "4")


async def test_the_best_of_old_and_new_chains_vote(play: Play, model: Judge) -> None:
    saying(model, SPREAD, ["Answer: 7", "Answer: 7", "Answer: 8", "Answer: 9"])
    worth = {"1": 0.6, "2": 0.1, "3": 0.1, "5": 0.4, "7": 0.3, "8": 0.05, "9": 0.0}
    judging(model, lambda text: worth[text[-1]], lambda last: 0.0)
    stored = await play("magicore", **HARD, rounds=1)
    pool = whole(stored, "chain_rewards")["voting"]
    texts = {g.id: g for g in stored.generations}
    assert [texts[each].text[-1] for each in pool] == ["1", "5", "7", "7"]
    weights = {vote.answer: vote.weight for vote in stored.run.outcome.votes}
    assert weights == pytest.approx({"1": 0.6, "7": 0.6, "5": 0.4})
    assert stored.run.outcome.answer == "1", "of equal weights the better chain's comes first"
    before, after = whole(stored, "weighted_vote")["rounds"]
    assert [vote["answer"] for vote in before] == ["1", "5", "2", "3"]
    assert [vote["answer"] for vote in after] == ["1", "7", "5"]


async def test_next_round_refines_the_refined_chains_and_pools_them_alone(play: Play, model: Judge) -> None:
    second = ["Answer: 11", "Answer: 12", "Answer: 13", "Answer: 15"]
    third = ["Answer: 21", "Answer: 22", "Answer: 23", "Answer: 25"]
    saying(model, SPREAD, second, third)
    judging(model, lambda text: 0.9 if len(text) == len("Answer: 1") else 0.2, lambda last: 0.0)
    once, stored = [await play("magicore", **HARD, rounds=most) for most in (1, 2)]
    texts = {g.id: g for run in (once, stored) for g in run.generations}
    reviewed = [texts[g.parents[0]].text for g in of_role(stored, "critique")]
    assert sorted(reviewed) == sorted([*SPREAD, *second])
    told = whole(stored, "chain_rewards")
    assert [[texts[each].text for each in made] for made in told["rounds"]] == [SPREAD, second, third]
    assert {texts[each].text for each in whole(once, "chain_rewards")["voting"]} == set(SPREAD)
    assert {texts[each].text for each in told["voting"]} == set(second), "the first chains are no longer in it"


@pytest.mark.parametrize("most", [1, 2, 3])
async def test_it_refines_at_most_so_often(play: Play, model: Judge, most: int) -> None:
    made = [[f"Answer: {r}{i}" for i in range(4)] for r in range(1, 5)]
    saying(model, SPREAD, *made)
    judging(model, lambda text: 0.1)
    stored = await play("magicore", **HARD, rounds=most)
    assert len(of_role(stored, "revision")) == 4 * most and len(rounds(stored)) == most + 1
    assert stored.run.outcome.note.startswith(f"Hard: refined {most} time{'s' if most > 1 else ''}.")


async def test_it_stops_when_the_newest_chains_are_no_longer_hard(play: Play, model: Judge) -> None:
    saying(model, SPREAD, ["Answer: 4"] * 4)
    judging(model, lambda text: 0.1, lambda last: 0.2)
    stored = await play("magicore", **HARD)
    assert [each["hard"] for each in rounds(stored)] == [True, False] and len(of_role(stored, "revision")) == 4
    assert [each["majority"] for each in rounds(stored)] == ["1", "4"]
    assert whole(stored, "weighted_vote")["decisive"] == 1


async def test_in_the_authors_code_what_becomes_easy_is_answered_by_its_first_chains(
    play: Play, model: Judge
) -> None:
    saying(model, SPREAD, ["Answer: 4"] * 4)
    judging(model, lambda text: 0.9 if "4" in text else 0.1, lambda last: 0.2)
    ours, theirs = [await play("magicore", **HARD, as_in_code=on) for on in (False, True)]
    assert (ours.run.outcome.answer, theirs.run.outcome.answer) == ("4", "1")
    assert "as in the authors' code" in theirs.run.outcome.note
    assert theirs.run.outcome.chosen_generation == first_drafts(theirs)[0].id
    assert whole(theirs, "weighted_vote")["decisive"] == 0


async def test_in_the_authors_code_the_last_round_is_not_taken_back(play: Play, model: Judge) -> None:
    saying(model, SPREAD, ["Answer: 4"] * 4)
    judging(model, lambda text: 0.9 if "4" in text else 0.1, lambda last: 0.2)
    assert (await play("magicore", **HARD, rounds=1, as_in_code=True)).run.outcome.answer == "4"


async def test_in_the_authors_code_the_majority_is_never_counted_again(play: Play, model: Judge) -> None:
    saying(model, SPREAD, ["Answer: 8", "Answer: 8", "Answer: 9", "Answer: 1"])
    judging(model, lambda text: 0.9 if text == "Answer: 1" else 0.1, lambda last: 0.0)
    ours, theirs = [await play("magicore", **HARD, rounds=1, as_in_code=on) for on in (False, True)]
    assert [each["majority"] for each in rounds(ours)] == ["1", "8"]
    assert [each["majority"] for each in rounds(theirs)] == ["1", "1"]
    assert rounds(theirs)[1]["quality"] == pytest.approx((0.9 - 2) / 0.5)
    assert rounds(ours)[1]["quality"] == pytest.approx((0.1 - 2) / 0.5)


async def test_what_was_asked_of_the_model_is_paid_for(play: Play, model: Judge) -> None:
    saying(model, ["One.\nAnswer: 1", "Answer: 2"])
    judging(model, lambda text: 0.5)
    stored = await play("magicore", samples=2)
    assert len(model.judged) == 2 + 3
    assert stored.run.cost.calls == 2 + 5 == counted(stored).calls


async def test_no_more_steps_are_scored_than_wanted(play: Play, model: Judge) -> None:
    saying(model, ["One.\nTwo.\nThree.\nAnswer: 4"])
    judging(model, lambda text: 0.5)
    stored = await play("magicore", samples=1, most_steps=2)
    steps = named(stored, "step_score")[0].details["steps"]
    assert [step["text"] for step in steps] == ["One.", "Two.\nThree.\nAnswer: 4"]


def test_the_worked_examples_show_scored_steps_and_no_new_solution_in_the_review() -> None:
    assert re.findall(r"\(Score: (\d+)/10\)", REVIEWER[0]) == ["2", "5", "1"]
    assert SCORED.format(step="9 - 4 = 5.", tenths=5) in REVIEWER[0]
    assert "14" not in REVIEWER[1] and REVIEWER[1] in REFINER[0] and REFINER[1].endswith("Answer: 14")


def test_the_card_says_that_scores_and_calibration_are_ours() -> None:
    spec = methods()["magicore"]
    assert spec.faithful == "prompted emulation" and "self-scored emulation" in spec.faithful_note
    assert "usual reward" in spec.unverified
    fields = spec.params.model_fields
    assert {"mean", "deviation", "quality_below", "confidence_below"} <= set(fields)
    assert "must be given" in (fields["mean"].description or "")
