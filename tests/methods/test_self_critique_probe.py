"""Self-Critique: two answers, the second asked to reason another way, and how alike their entropies are."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
import torch

from storage.records import StoredRun
from tests.methods.playing import SUM, Play, first_drafts, of_role, said_to, turns
from tests.methods.real import Independent, engine_of, played
from tests.methods.signalled import Signalled, failed, score_of
from webapp.charts.evidence import evidence_of
from webapp.methods.self_critique_probe import ANOTHER_WAY, INTRODUCE, another_way
from webapp.runs.request import RunRequest
from webapp.tasks.question import Question
from webapp.tasks.starter import starter_problems

QUESTION = Question.of(SUM)


@pytest.fixture
def model() -> Signalled:
    return Signalled()


def answering(model: Signalled, first: str, second: str) -> None:
    model.script = lambda prompt, sample: second if ANOTHER_WAY in said_to(prompt) else first


async def test_the_second_answer_is_asked_for_in_the_turn_of_the_question(play: Play, model: Signalled) -> None:
    answering(model, "Two and two. Answer: 4", "Count. Answer: 5")
    stored = await play("self_critique_probe")
    [draft], [second] = first_drafts(stored), of_role(stored, "revision")
    shown = [SUM.question, INTRODUCE, "Two and two. Answer: 4", ANOTHER_WAY]
    assert turns(second) == ["\n\n".join([*shown, QUESTION.answer_format()])]
    assert (second.parents, second.round, stored.run.cost.calls) == ((draft.id,), 1, 2)


async def test_both_answers_are_greedy_and_the_second_may_be_longer(play: Play, model: Signalled) -> None:
    stored = await play("self_critique_probe", max_tokens=30, stretch=3)
    drawn = [(g.sampling["temperature"], g.sampling["max_tokens"]) for g in stored.generations]
    assert drawn == [(0.0, 30), (0.0, 90)]


async def test_the_score_is_about_the_run_and_keeps_both_sequences(play: Play, model: Signalled) -> None:
    answering(model, "1234567", "123")  # with their ends 8 and 4 tokens
    model.numbers = lambda sample: {"entropy": 0.5}
    score = score_of(await play("self_critique_probe"), "entropy_similarity")
    assert score.details["first"] == [0.5] * 8 and score.details["second"] == [0.5] * 4
    assert score.value == pytest.approx(4 / np.sqrt(8 * 4) * 4 / 8)
    assert (score.details["similarity"], score.details["length_ratio"]) == (score.value, 0.5)
    assert "relative evidence" in score.how and score.details["lower_bound"] is False


async def test_the_first_answer_stands_and_the_note_says_what_was_found(play: Play, model: Signalled) -> None:
    answering(model, "Answer: 4", "Answer: 5")
    outcome = (await play("self_critique_probe")).run.outcome
    assert (outcome.answer, outcome.verdict) == ("4", "correct")
    assert outcome.note == "Similarity of the entropies: 1.000 (relative evidence)."


async def test_every_sample_has_a_second_answer_of_its_own(play: Play, model: Signalled) -> None:
    stored = await play("self_critique_probe", samples=3, temperature=0.7)
    assert [g.branch for g in of_role(stored, "revision")] == [0, 1, 2]
    assert sorted(s.details["branch"] for s in stored.scores) == [0, 1, 2]


async def test_a_model_that_never_hesitates_leaves_nothing_to_compare(play: Play, model: Signalled) -> None:
    model.numbers = lambda sample: {"entropy": 0.0}
    stored = await play("self_critique_probe")
    assert score_of(stored, "entropy_similarity").value is None
    assert stored.run.outcome.note == ""


async def test_entropies_that_are_not_told_end_the_run_with_a_sentence(play: Play, model: Signalled) -> None:
    model.numbers = lambda sample: {"entropy": None}
    stored = await failed(play, RunRequest(SUM, "self_critique_probe", {}))
    assert stored.run.error.startswith("The token entropies of sample 1 are not known")


async def test_a_first_answer_that_does_not_fit_is_shown_with_its_end(play: Play, model: Signalled) -> None:
    first = "x" * 50 + "Answer: 4"
    answering(model, first, "Answer: 4")
    cut = f"…{first[-17:]}"
    model.limit(len(said_to(another_way(QUESTION, cut)).encode()) + 120)
    stored = await play("self_critique_probe", max_tokens=60)
    [second] = of_role(stored, "revision")
    assert turns(second) == [said_to(another_way(QUESTION, cut))]
    assert score_of(stored, "entropy_similarity").details["cut_to"] == 17


def test_on_the_real_model_the_entropies_are_those_of_the_full_distributions(
    embedded_model: Path, tmp_path: Path
) -> None:
    problems = [starter.problem for starter in starter_problems()[:2]]
    engine = engine_of(embedded_model)
    runs: list[StoredRun] = []

    async def scenes(play: Play) -> None:
        requests = [RunRequest(each, "self_critique_probe", {"max_tokens": 6, "stretch": 1}) for each in problems]
        runs.extend(await play.together(*requests))

    asyncio.run(played(engine, f"sqlite:///{tmp_path / 'runs.db'}", scenes))
    apart = Independent(embedded_model, torch.float32)
    for run in runs:
        score = score_of(run, "entropy_similarity")
        for key, text in zip(("first", "second"), run.generations, strict=True):
            said = run.traces[text.id].ids.tolist()
            prompt = Question.of(run.run.problem).prompt()
            if key == "second":
                prompt = another_way(Question.of(run.run.problem), run.generations[0].text)
            logprobs = apart.logits(engine.chat.ids(prompt), said).log_softmax(-1)
            expected = -(logprobs.exp() * logprobs).sum(-1)
            assert logprobs.argmax(-1).tolist() == said, "greedy"
            assert score.details[key] == pytest.approx(expected.tolist(), abs=1e-3)
        assert score.value is not None and 0 < score.value <= 1
        [_, chart] = evidence_of(run.run, run.generations, run.scores)
        assert chart.figure is not None and "relative evidence" in chart.reading
    asyncio.run(engine.close())
