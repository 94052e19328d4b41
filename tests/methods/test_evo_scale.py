"""EvoScale: who is selected and quoted, who answers, what counts as N, and that self-evolve scores nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from storage.records import Generation, StoredRun
from tests.methods.playing import SUM, Judge, Play, first_drafts, of_role, said_to, turns
from webapp.engine.protocol import Prompt
from webapp.methods._self_score import OUTCOME
from webapp.methods.evo_scale import INTRODUCE, MUTATE, mutation
from webapp.methods.registry import methods
from webapp.tasks.question import Question

QUESTION = Question.of(SUM)


def breeding(model: Judge, *generations: Sequence[int], worth: Mapping[int, float] | None = None) -> None:
    """Let text i of generation g say the i-th number of the g-th row; a text is worth what its number is."""

    def script(prompt: Prompt, sample: int) -> str:
        shown = shown_to(said_to(prompt))
        before = [row for row in range(len(generations)) if shown and set(shown) <= set(generations[row])]
        return f"Answer: {generations[before[-1] + 1 if before else 0][sample]}"

    def odds(asked: str) -> tuple[float, float]:
        number = int(asked.partition("solution:\nAnswer: ")[2].partition("\n")[0])
        value = number / 100 if worth is None else worth[number]
        return value, 1 - value

    model.script, model.odds = script, odds


def shown_to(asked: str) -> list[int]:
    """Return the numbers of the attempts that a request shows, in its order."""
    return [int(line[8:]) for line in asked.splitlines() if line.startswith("Answer: ") and line[8:].isdigit()]


def evolution(stored: StoredRun) -> dict[str, Any]:
    [score] = [score for score in stored.scores if score.name == "evolution"]
    assert score.generation_id is None
    return {"n": score.value, **score.details}


def numbers(texts: Sequence[Generation]) -> list[str | None]:
    return [text.answer for text in texts]


THREE = ((10, 30, 20), (50, 40, 60), (5, 7, 6))


async def test_the_best_of_the_last_generation_are_shown_to_the_next(play: Play, model: Judge) -> None:
    breeding(model, *THREE)
    stored = await play("evo_scale", samples=3, generations=3, parents=2)
    revisions = of_role(stored, "revision")
    assert [(g.round, g.branch, g.label) for g in revisions] == [
        (1, 0, "mutation-2"), (1, 1, "mutation-2"), (1, 2, "mutation-2"),
        (2, 0, "mutation-3"), (2, 1, "mutation-3"), (2, 2, "mutation-3"),
    ]  # fmt: skip
    by_id = {g.id: g.answer for g in stored.generations}
    assert {tuple(by_id[parent] for parent in g.parents) for g in revisions[:3]} == {("30", "20")}
    assert {tuple(by_id[parent] for parent in g.parents) for g in revisions[3:]} == {("60", "50")}


async def test_new_texts_see_question_and_attempts_in_a_fresh_conversation(play: Play, model: Judge) -> None:
    breeding(model, *THREE)
    revision = of_role(await play("evo_scale", samples=3, generations=2, parents=2), "revision")[0]
    assert turns(revision) == [
        f"{SUM.question}\n\n{INTRODUCE}\n\nAttempt 1:\nAnswer: 30\n\nAttempt 2:\nAnswer: 20\n\n"
        f"{MUTATE}\n\n{QUESTION.answer_format()}"
    ]
    assert not revision.prefix


async def test_the_best_of_all_generations_is_the_answer(play: Play, model: Judge) -> None:
    breeding(model, *THREE)
    stored = await play("evo_scale", samples=3, generations=3, parents=2)
    outcome = stored.run.outcome
    assert outcome.answer == "60", "the best text is of the second generation, not of the last"
    assert outcome.note.startswith("Best of 9 texts of 3 generations by self-score. Plain majority: 10.")
    assert evolution(stored)["n"] == 9, "N counts the texts of all generations"


async def test_of_equal_scores_the_earliest_text_wins_and_is_shown_first(play: Play, model: Judge) -> None:
    breeding(model, (1, 2, 3), (4, 5, 6), worth=dict.fromkeys(range(1, 7), 0.5))
    stored = await play("evo_scale", samples=3, generations=2, parents=2)
    assert stored.run.outcome.chosen_generation == first_drafts(stored)[0].id
    assert shown_to(turns(of_role(stored, "revision")[0])[0]) == [1, 2]


async def test_every_text_is_scored_once_by_the_model_itself(play: Play, model: Judge) -> None:
    breeding(model, *THREE)
    stored = await play("evo_scale", samples=3, generations=3, parents=2)
    scores = [score for score in stored.scores if score.name == "selector_score"]
    assert [score.generation_id for score in scores] == [g.id for g in stored.generations]
    assert [score.value for score in scores] == pytest.approx([n / 100 for row in THREE for n in row])
    assert {begun for _, begun in model.judged} == {OUTCOME.begun} and len(model.judged) == 9
    told = evolution(stored)["generations"]
    assert [[text["score"] for text in each["texts"]] for each in told] == [
        pytest.approx([n / 100 for n in row]) for row in THREE
    ]


async def test_self_evolve_scores_nothing_and_asks_nobody(play: Play, model: Judge) -> None:
    breeding(model, *THREE)
    stored = await play("evo_scale", samples=3, generations=3, parents=2, mode="self-evolve")
    assert not model.judged and {score.name for score in stored.scores} == {"evolution"}
    assert {text["score"] for each in evolution(stored)["generations"] for text in each["texts"]} == {None}
    assert stored.run.cost.calls == 9
    assert evolution(stored)["n"] == 9 and evolution(stored)["mode"] == "self-evolve"


async def test_self_evolve_answers_with_the_greedy_text_of_the_last_generation(play: Play, model: Judge) -> None:
    breeding(model, *THREE)
    stored = await play("evo_scale", samples=3, generations=3, parents=2, mode="self-evolve", temperature=0.9)
    last = [g for g in of_role(stored, "revision") if g.round == 2]
    assert [(g.label, g.sampling["temperature"]) for g in last] == [
        ("greedy-mutation", 0.0), ("mutation-3", 0.9), ("mutation-3", 0.9),
    ]  # fmt: skip
    assert {g.sampling["temperature"] for g in stored.generations if g.round < 2} == {0.9}
    assert (stored.run.outcome.answer, stored.run.outcome.chosen_generation) == ("5", last[0].id)
    assert stored.run.outcome.note.startswith("The last of 3 generations answers; nothing was scored.")


async def test_the_selector_draws_nothing_greedily(play: Play, model: Judge) -> None:
    breeding(model, *THREE)
    stored = await play("evo_scale", samples=3, generations=3, temperature=0.9)
    assert {g.sampling["temperature"] for g in stored.generations} == {0.9}


async def test_self_evolve_shows_some_whatever_they_are_worth_and_the_same_ones_again(
    play: Play, model: Judge
) -> None:
    rows = (range(1, 9), range(11, 19), range(21, 29), range(31, 39))
    breeding(model, *rows)
    runs = [
        await play("evo_scale", samples=8, generations=4, parents=2, mode="self-evolve", seed=seed) for seed in (0, 1)
    ]
    shown = [[shown_to(turns(g)[0]) for g in of_role(stored, "revision")] for stored in runs]
    assert shown[0] == shown[1] and all(len(each) == 2 for each in shown[0])
    places = {tuple(number % 10 for number in each) for each in shown[0]}
    assert len(places) > 1, "other places in every generation"


async def test_attempts_are_of_the_last_generation_alone(play: Play, model: Judge) -> None:
    breeding(model, (90, 91, 92), (10, 11, 12), (1, 2, 3))
    stored = await play("evo_scale", samples=3, generations=3, parents=3)
    last = [g for g in of_role(stored, "revision") if g.round == 2]
    assert all(shown_to(turns(g)[0]) == [12, 11, 10] for g in last), "better ones of before are not shown again"
    assert stored.run.outcome.answer == "92"


async def test_a_single_parent_is_said_to_be_one(play: Play, model: Judge) -> None:
    breeding(model, *THREE)
    alone, several = [await play("evo_scale", samples=3, generations=2, parents=k) for k in (1, 2)]
    assert "Every new text was written from a single earlier one." in alone.run.outcome.note
    assert "single" not in several.run.outcome.note


async def test_one_generation_is_best_of_n(play: Play, model: Judge) -> None:
    breeding(model, *THREE)
    stored = await play("evo_scale", samples=3, generations=1)
    assert stored.run.outcome.answer == "30" and not of_role(stored, "revision")
    lone = await play("evo_scale", samples=3, generations=1, mode="self-evolve")
    assert lone.run.outcome.answer == "10", "the first draft, with nothing to go by"


async def test_copies_are_marked_with_what_they_copy(play: Play, model: Judge) -> None:
    def script(prompt: Prompt, sample: int) -> str:
        return ["Answer: 1", "Answer: 2"][sample] if INTRODUCE not in said_to(prompt) else "Answer:  2\n"

    model.script = script
    stored = await play("evo_scale", samples=2, generations=2)
    first, second = evolution(stored)["generations"]
    assert [text["copy_of"] for text in first["texts"]] == [None, None]
    assert [text["copy_of"] for text in second["texts"]] == [first["texts"][1]["text"]] * 2
    assert second["shown"] and not first["shown"]


async def test_attempts_that_do_not_fit_keep_their_ends(play: Play, model: Judge) -> None:
    model.limit(900)
    model.script = lambda prompt, sample: f"{'ab'[sample] * 300}\nAnswer: {sample + 4}"
    stored = await play("evo_scale", samples=2, generations=2, max_tokens=320)
    [asked] = turns(of_role(stored, "revision")[0])
    assert len(asked.encode()) <= 900 - 320 and "\n…a" in asked and "b\nAnswer: 5\n" in asked
    assert evolution(stored)["generations"][1]["cut_to"] < 300


def test_braces_come_through() -> None:
    assert "{x}" in said_to(mutation(QUESTION, ["It is {x}."]))


def test_the_card_claims_nothing_for_an_untrained_model() -> None:
    spec = methods()["evo_scale"]
    assert spec.faithful == "prompted emulation" and "no gain is claimed" in spec.faithful_note
    assert "reported" not in spec.unverified and spec.reported.startswith("Trained")
    for name in ("samples", "generations", "parents"):
        assert "not known to us" in (spec.params.model_fields[name].description or "").replace("\n", " ")
