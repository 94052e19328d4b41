"""P(IK): the state before the answer, and samples that show how often it is right."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import torch

from storage.records import StoredRun
from tests.methods.playing import SUM, Judge, Play, first_drafts
from tests.methods.real import Independent, engine_of, played
from tests.methods.signalled import failed, score_of
from webapp.auth import LOCAL
from webapp.engine.protocol import EngineError
from webapp.runs.known import Unknown
from webapp.runs.library import LibraryService
from webapp.runs.request import RunRequest
from webapp.tasks.question import Question
from webapp.tasks.starter import starter_problems


async def test_the_state_after_the_question_is_kept_with_the_samples(play: Play, model: Judge) -> None:
    model.state = lambda prompt: (0.1, -2.5, 3e-8)
    stored = await play("p_ik", samples=3, layer=2)
    score = score_of(stored, "p_ik_state")
    assert score.details["vector"] == [0.1, -2.5, 3e-8], "the shortest digits of each float32"
    assert (score.value, score.details["layer"], score.details["samples"]) == (None, 2, 3)
    assert model.looked == [(Question.of(SUM).prompt(), 2)]


async def test_samples_are_drawn_from_the_model_as_it_is_and_vote(play: Play, model: Judge) -> None:
    model.script = lambda prompt, sample: f"Answer: {4 if sample % 3 else 5}"
    stored = await play("p_ik")
    assert [g.sampling["temperature"] for g in first_drafts(stored)] == [1.0] * 10
    assert [(vote.answer, vote.weight) for vote in stored.run.outcome.votes] == [("4", 6), ("5", 4)]
    assert stored.run.cost.calls == 11


async def test_a_layer_that_is_not_there_ends_the_run_before_anything_is_drawn(play: Play, model: Judge) -> None:
    async def hidden(*_: object, **__: object) -> None:
        raise EngineError("This model has 4 layers, so there is no state after layer 9.")

    model.hidden = hidden  # type: ignore[method-assign, assignment]
    stored = await failed(play, RunRequest(SUM, "p_ik", {"layer": 9}))
    assert "4 layers" in stored.run.error and stored.generations == ()


async def test_its_evidence_says_how_many_problems_are_missing(play: Play, model: Judge) -> None:
    stored = await play("p_ik", samples=2)
    known = await LibraryService(play.database).of(LOCAL).known(stored.run, stored.scores)
    assert isinstance(known, Unknown) and "There are 0: 0 mostly right, 0 not." in known.why


def test_on_the_real_model_the_state_is_the_one_of_transformers(embedded_model: Path, tmp_path: Path) -> None:
    problems = [starter.problem for starter in starter_problems()[:2]]
    engine = engine_of(embedded_model)
    runs: list[StoredRun] = []

    async def scenes(play: Play) -> None:
        requests = [RunRequest(each, "p_ik", {"samples": 2, "max_tokens": 8, "layer": 15}) for each in problems]
        runs.extend(await play.together(*requests))
        known = await LibraryService(play.database).of(LOCAL).known(runs[0].run, runs[0].scores)
        assert isinstance(known, Unknown) and "There are 1:" in known.why

    asyncio.run(played(engine, f"sqlite:///{tmp_path / 'runs.db'}", scenes))
    apart = Independent(embedded_model, torch.float32)
    for run in runs:
        ids = torch.tensor([engine.chat.ids(Question.of(run.run.problem).prompt())])
        with torch.inference_mode():
            states = apart.model(ids, output_hidden_states=True).hidden_states
        assert score_of(run, "p_ik_state").details["vector"] == pytest.approx(states[15][0, -1].tolist(), abs=2e-3)
    asyncio.run(engine.close())
