"""GSA: one new answer, written with all candidates in view, and where its sentences come from."""

from __future__ import annotations

from typing import Any

import pytest

from storage.records import Score, StoredRun
from tests.methods.playing import SUM, Judge, Play, first_drafts, of_role, said_to, turns
from webapp.engine.protocol import Prompt
from webapp.methods.gsa import AGGREGATE, INTRODUCE, GsaParams, aggregation
from webapp.runs.request import typed_problem
from webapp.tasks.question import Question

QUESTION = Question.of(SUM)


def aggregating(model: Judge, final: str, *drafts: str) -> None:
    model.script = lambda prompt, sample: final if AGGREGATE in said_to(prompt) else drafts[sample % len(drafts)]


def score(stored: StoredRun, name: str) -> Score:
    [found] = [score for score in stored.scores if score.name == name]
    return found


async def test_three_candidates_and_one_aggregate_are_four_calls(play: Play, model: Judge) -> None:
    stored = await play("gsa")
    assert [(g.role, g.branch, g.round) for g in stored.generations] == [
        ("draft", 0, 0), ("draft", 1, 0), ("draft", 2, 0), ("aggregate", 3, 1),
    ]  # fmt: skip
    assert stored.run.cost.calls == 4
    [aggregate] = of_role(stored, "aggregate")
    assert set(aggregate.parents) == {g.id for g in first_drafts(stored)}


async def test_the_last_call_shows_every_candidate_in_full(play: Play, model: Judge) -> None:
    aggregating(model, "Answer: 4", "{a} 2 + 2\nis 4.\n\nAnswer: 4 ", "Five?\nAnswer: 5", "I pass.")
    stored = await play("gsa")
    [aggregate] = of_role(stored, "aggregate")
    [asked] = turns(aggregate)
    shown = [next(g.text for g in stored.generations if g.id == parent) for parent in aggregate.parents]
    attempts = "\n\n".join(f"Attempt {i}:\n{text.strip()}" for i, text in enumerate(shown, start=1))
    assert asked == "\n\n".join([SUM.question, INTRODUCE, attempts, AGGREGATE, QUESTION.answer_format()])


@pytest.mark.parametrize(
    "word", ["rank", "choose", "best", "select", "compare", "score", "error", "mistake", "judge"]
)
def test_it_asks_for_no_grading_and_no_errors(word: str) -> None:
    [message] = aggregation(QUESTION, ["A", "B"]).messages
    assert word not in message.content.casefold()


async def test_the_aggregate_is_the_answer_even_a_new_one(play: Play, model: Judge) -> None:
    aggregating(model, "Answer: 4", "Answer: 5", "Answer: 5", "Answer: 3")
    stored = await play("gsa")
    outcome = stored.run.outcome
    assert (outcome.answer, outcome.verdict, outcome.first_answer) == ("4", "correct", "5")
    assert outcome.chosen_generation == of_role(stored, "aggregate")[0].id
    assert outcome.note == "No candidate gave this answer. Plain majority: 5."
    assert score(stored, "new_answer").value == 1


@pytest.mark.parametrize(("final", "value"), [("Answer: 4.0", 0.0), ("Answer: 6", 1.0), ("Hm.", None)])
async def test_whether_the_answer_is_new_goes_by_what_answers_mean(
    play: Play, model: Judge, final: str, value: float | None
) -> None:
    aggregating(model, final, "Answer: 4", "Answer: 5")
    stored = await play("gsa", samples=2)
    found = score(stored, "new_answer")
    assert found.value == value and found.generation_id == of_role(stored, "aggregate")[0].id
    assert found.details["candidates"] == [{"answer": "4", "branches": [0]}, {"answer": "5", "branches": [1]}]


async def test_an_aggregate_without_an_answer_is_wrong_whatever_the_candidates_say(play: Play, model: Judge) -> None:
    aggregating(model, "Hm.", "Answer: 4")
    outcome = (await play("gsa")).run.outcome
    assert (outcome.answer, outcome.verdict, outcome.first_verdict) == (None, "unparsed", "correct")


async def test_the_aggregate_is_greedy_unless_it_is_set_otherwise(play: Play) -> None:
    assert GsaParams().aggregate_temperature == 0
    stored = await play("gsa", aggregate_temperature=0.3, temperature=0.9)
    assert [g.sampling["temperature"] for g in stored.generations] == [0.9, 0.9, 0.9, 0.3]


async def test_the_order_depends_on_its_seed_alone(play: Play, model: Judge) -> None:
    async def order(**settings: Any) -> list[int]:
        stored = await play("gsa", samples=6, **settings)
        return list(score(stored, "aggregate_overlap").details["order"])

    first = await order()
    assert first == await order(seed=7) and sorted(first) == list(range(6))
    assert len({tuple(await order(order_seed=seed)) for seed in range(4)}) == 4


async def test_each_sentence_of_the_aggregate_is_traced_to_a_candidate(play: Play, model: Judge) -> None:
    aggregating(model, "Two and two make four. Birds sing.\nAnswer: 4", "So two and two make four.", "It is big.")
    found = score(await play("gsa", samples=2), "aggregate_overlap")
    assert found.generation_id is None
    assert found.details["sentences"] == [
        {"start": 0, "end": 22, "branch": 0, "overlap": 1.0},
        {"start": 23, "end": 34, "branch": None, "overlap": 0.0},
        {"start": 35, "end": 44, "branch": None, "overlap": 0.0},
    ]
    assert found.value == pytest.approx(1 / 3)


async def test_where_the_context_is_too_short_every_candidate_keeps_its_end(play: Play, model: Judge) -> None:
    model.limit(1250)
    long, short, longer = f"{'a' * 300}\nAnswer: 4", "Answer: 5", f"{'b' * 400}\nAnswer: 6"
    aggregating(model, "Answer: 4", long, short, longer)
    stored = await play("gsa", max_tokens=420)
    [asked] = turns(of_role(stored, "aggregate")[0])
    assert 1250 - 420 - 2 <= len(asked.encode()) <= 1250 - 420, "no more is cut than has to be"
    cut_to = score(stored, "aggregate_overlap").details["cut_to"]
    assert all(f":\n…{text[-cut_to:]}\n" in asked for text in (long, longer))
    assert f":\n{short}\n" in asked, "what is short stays whole"


async def test_what_fits_is_not_cut(play: Play, model: Judge) -> None:
    assert score(await play("gsa"), "aggregate_overlap").details["cut_to"] is None


async def test_it_works_where_answers_cannot_be_voted_on(play: Play, model: Judge) -> None:
    def script(prompt: Prompt, sample: int) -> str:
        return "Rain taps." if AGGREGATE in said_to(prompt) else f"Rain {sample}."

    model.script = script
    stored = await play("gsa", typed_problem("Write a line on rain."))
    outcome = stored.run.outcome
    assert (outcome.answer, outcome.verdict, outcome.votes) == (None, "ungraded", ())
    assert outcome.chosen_generation == of_role(stored, "aggregate")[0].id
