"""A product of prompts: which prompts take part, to which powers."""

from __future__ import annotations

from typing import Any

import pytest

from storage.records import StoredRun
from tests.methods.playing import SUM, Judge, Play, first_drafts
from tests.methods.signalled import failed, score_of
from webapp.engine.policies.settings import Product, Resampling
from webapp.methods.prompt_product import STEP_BY_STEP, PromptProductParams, ways_of
from webapp.methods.registry import methods
from webapp.runs.request import RunRequest
from webapp.tasks.question import Question

QUESTION = Question.of(SUM)


async def drawn(play: Play, **settings: Any) -> StoredRun:
    return await play("prompt_product", **{"particles": 3} | settings)


def asked(model: Judge) -> tuple[list[str], Product]:
    [(prompts, policy, _)] = model.steered
    assert isinstance(policy, Product)
    return [prompt.messages[-1].content for prompt in prompts], policy


async def test_the_question_as_it_is_and_with_an_instruction(play: Play, model: Judge) -> None:
    stored = await drawn(play, threshold=0.7, every=8)
    said, policy = asked(model)
    assert said == [
        f"{SUM.question}\n\n{QUESTION.answer_format()}",
        f"{SUM.question}\n\n{STEP_BY_STEP}\n\n{QUESTION.answer_format()}",
    ]
    assert policy == Product((0.5, 0.5), Resampling(0.7, 8))
    assert score_of(stored, "log_z").details["laws"] == ["as it is ^ 0.5", f"{STEP_BY_STEP} ^ 0.5"]
    assert first_drafts(stored)[0].messages[-1][1] == said[0], "the first draft answers the question as it is"


async def test_a_second_instruction_and_any_powers(play: Play, model: Judge) -> None:
    await drawn(play, second=" Be brief. ", power_plain=0.0, power_first=2.0, power_second=-1.0)
    said, policy = asked(model)
    assert policy.exponents == (2.0, -1.0), "the question as it is has no power, so it is not read"
    assert [text.split("\n\n")[1] for text in said] == [STEP_BY_STEP, "Be brief."]


@pytest.mark.parametrize(("g", "exponents"), [(1.5, (-0.5, 1.5)), (0.25, (0.75, 0.25)), (1.0, (1.0,)), (0.0, (1.0,))])
async def test_guidance_is_a_product(play: Play, model: Judge, g: float, exponents: tuple[float, ...]) -> None:
    await drawn(play, combination="guidance", guidance=g, second="ignored", power_plain=7.0)
    assert asked(model)[1].exponents == exponents


async def test_particles_are_drawn_at_temperature_1_whatever_the_drafts_are(play: Play, model: Judge) -> None:
    stored = await drawn(play, temperature=0.3)
    [(_, _, sampling)] = model.steered
    assert (sampling.temperature, first_drafts(stored)[0].sampling["temperature"]) == (1.0, 0.3)


async def test_the_answer_with_most_weight_is_given(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: f"Answer: {[7, 4, 4][sample]}"
    stored = await drawn(play)
    assert stored.run.outcome.answer == "4"
    assert [vote.weight for vote in stored.run.outcome.votes] == pytest.approx([2 / 3, 1 / 3])


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"power_plain": 0.0, "power_first": 0.0}, "Every prompt has the power 0"),
        ({"combination": "guidance", "first": " "}, "Guidance needs a first instruction"),
    ],
)
async def test_without_a_prompt_there_is_nothing_to_draw(play: Play, settings: dict[str, Any], why: str) -> None:
    stored = await failed(play, RunRequest(SUM, "prompt_product", settings))
    assert why in stored.run.error and stored.generations == ()


def test_an_empty_instruction_is_no_prompt() -> None:
    ways = ways_of(QUESTION, PromptProductParams(first=""))
    assert [(way.name, way.power) for way in ways] == [("as it is", 0.5)]


def test_the_card_says_which_way_weights_go_beyond_guidance_of_1() -> None:
    card = " ".join(methods()["prompt_product"].description.split())
    assert "There the weight never falls but rises where the prompts disagree" in card
