"""Untargeted Self-Refine: three general prompts, each a chat of its own, whatever the task."""

from __future__ import annotations

from typing import Any

import pytest

from storage.records import Problem
from tests.methods.playing import SUM, Judge, Play, of_role, placed, turns
from tests.methods.signalled import score_of
from tests.methods.test_every_method import PROBLEMS
from webapp.engine.protocol import Prompt
from webapp.methods.untargeted_refine import CRITIQUE, REWRITE, criticising, rewriting
from webapp.runs.request import BadRequest, RunRequest
from webapp.tasks.question import Question

QUESTION = Question.of(SUM)
ASKED = QUESTION.prompt().messages[-1].content


def talking(prompt: Prompt, sample: int) -> str:
    """Answer 5, criticise, and rewrite to one more each time."""
    request = prompt.messages[-1].content
    if CRITIQUE in request:
        return "It could count better."
    answers = [int(line.removeprefix("Answer: ")) for line in request.splitlines() if line.startswith("Answer: ")]
    return f"Answer: {answers[-1] + 1 if answers else 5}"


async def test_answer_critique_and_rewriting_are_three_chats(play: Play, model: Judge) -> None:
    model.script = talking
    stored = await play("untargeted_refine")
    assert [(g.role, g.round, g.label) for g in stored.generations] == [
        ("draft", 0, "draft"), ("critique", 1, "critique-1"), ("revision", 1, "revision-1"),
    ]  # fmt: skip
    assert [turns(g) for g in stored.generations] == [
        [ASKED],
        [f"{SUM.question}\n\nResponse:\nAnswer: 5\n\n{CRITIQUE}"],
        [
            f"{SUM.question}\n\nResponse:\nAnswer: 5\n\nCritique:\nIt could count better.\n\n{REWRITE}\n\n"
            f"{QUESTION.answer_format()}"
        ],
    ]
    assert (stored.run.outcome.first_answer, stored.run.outcome.answer) == ("5", "6")


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_nothing_in_it_knows_the_task(problem: Problem) -> None:
    question = Question.of(problem)
    assert criticising(question, "x").messages[0].content == f"{question.stated()}\n\nResponse:\nx\n\n{CRITIQUE}"
    assert len(criticising(question, "x").messages) == len(rewriting(question, "x", "y").messages) == 1


async def test_later_rounds_see_the_last_answer_and_its_critique_alone(play: Play, model: Judge) -> None:
    model.script = talking
    stored = await play("untargeted_refine", rounds=2, samples=2)
    last = of_role(stored, "revision")[-1]
    assert "Answer: 6" in turns(last)[0] and "Answer: 5" not in turns(last)[0]
    assert placed(stored) == [
        row
        for b in range(2)
        for row in [
            ("draft", b, 0, []),
            ("critique", b, 1, [("draft", b, 0)]),
            ("revision", b, 1, [("draft", b, 0), ("critique", b, 1)]),
            ("critique", b, 2, [("revision", b, 1)]),
            ("revision", b, 2, [("revision", b, 1), ("critique", b, 2)]),
        ]
    ]
    assert stored.run.outcome.answer == "7"


@pytest.mark.parametrize(("stop", "rounds"), [("after the rounds", 3), ("when the answer stays", 1)])
async def test_the_stop_rule_is_a_setting(play: Play, model: Judge, stop: str, rounds: int) -> None:
    model.script = lambda prompt, sample: "Answer: 4"
    stored = await play("untargeted_refine", rounds=3, stop=stop)
    assert len(of_role(stored, "revision")) == rounds
    assert score_of(stored, "untargeted_rounds").value == rounds


@pytest.mark.parametrize(("text", "rounds"), [("Rain.", 1), ("Rain, {}.", 3)])
async def test_a_text_without_an_answer_stays_where_it_is_the_same(
    play: Play, model: Judge, text: str, rounds: int
) -> None:
    said: list[str] = []

    def script(prompt: Prompt, sample: int) -> str:
        said.append(text.format(len(said)))
        return said[-1]

    model.script = script
    stored = await play("untargeted_refine", PROBLEMS["none"], rounds=3, stop="when the answer stays")
    assert len(of_role(stored, "revision")) == rounds


async def test_the_judge_is_asked_in_both_orders_and_decides_nothing(play: Play, model: Judge) -> None:
    model.script = talking
    model.odds = lambda asked: (0.6, 0.2) if asked.index("Answer: 5") < asked.index("Answer: 6") else (0.3, 0.1)
    stored = await play("untargeted_refine")
    assert len(model.judged) == 2
    [score] = [s for s in stored.scores if s.name == "p_refined_better"]
    assert score.details["orders"] == [pytest.approx(0.25), pytest.approx(0.75)]
    assert score.value == pytest.approx(0.5) and score.generation_id == of_role(stored, "revision")[0].id
    assert stored.run.outcome.answer == "6"
    unjudged = await play("untargeted_refine", judged=False)
    assert (len(model.judged), unjudged.run.outcome.answer) == (2, "6")


async def test_no_judgement_stops_it(play: Play, model: Judge) -> None:
    model.script, model.odds = talking, lambda asked: (0.0, 0.0)
    assert len(of_role(await play("untargeted_refine", rounds=2), "revision")) == 2


async def test_each_step_may_have_its_own_temperature(play: Play, model: Judge) -> None:
    model.script = talking
    settings: dict[str, Any] = {"temperature": 0.1, "critique_temperature": 0.9}
    stored = await play("untargeted_refine", **settings)
    assert [g.sampling["temperature"] for g in stored.generations] == [0.1, 0.9, 0.1]


async def test_a_model_that_cannot_choose_may_do_without_the_judge(play: Play, model: Judge) -> None:
    model.script, model.capabilities = talking, frozenset({"generate"})
    model.__post_init__()
    with pytest.raises(BadRequest) as refused:
        await play.service.launch([RunRequest(SUM, "untargeted_refine")], person="local")
    assert str(refused.value) == "Judging before and after needs a model that offers: choose. puppet does not."
    assert (await play("untargeted_refine", judged=False)).run.outcome.answer == "6"
