"""Selection by token signals with the embedded model on two starter problems, against plain transformers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch

from storage.database import Database
from storage.records import StoredRun
from storage.repositories import runs as run_store
from tests.methods.playing import Play, first_drafts
from tests.methods.real import Independent, engine_of, played
from tests.methods.signalled import score_of, scores_of
from webapp.charts.evidence import evidence_of
from webapp.engine.local import LocalEngine
from webapp.tasks.question import Question
from webapp.tasks.starter import starter_problems

PROBLEMS = [
    next(starter.problem for starter in starter_problems() if starter.problem.kind == kind)
    for kind in ("numeric", "choice")
]
SETTINGS = {"samples": 9, "max_tokens": 16, "temperature": 1.0}
CHECKED = 3  # samples of each problem that are recomputed
JUDGING = ("self_certainty", "rpc", "sharpening")


class Stored(NamedTuple):
    """Runs of both problems by method, as read from the reopened database; all judge the same samples."""

    engine: LocalEngine
    runs: dict[tuple[int, str], StoredRun]


@pytest.fixture(scope="module")
def stored(embedded_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    engine = engine_of(embedded_model)
    url = f"sqlite:///{tmp_path_factory.mktemp('signals') / 'runs.db'}"
    made: dict[tuple[int, str], str] = {}

    async def scenes(play: Play) -> None:
        for i, problem in enumerate(PROBLEMS):
            source = await play("self_consistency", problem, seed=3, weight="probability", **SETTINGS)
            made[i, "self_consistency"] = source.run.id
            for name in JUDGING:
                made[i, name] = (await play(name, problem, seed=3, source=source)).run.id

    async def read() -> dict[tuple[int, str], StoredRun]:
        database = Database.open(url)
        found = {key: await database.read(lambda s, i=i: run_store.load(s, i)) for key, i in made.items()}  # type: ignore[misc]
        await database.close()
        return {key: run for key, run in found.items() if run is not None}

    asyncio.run(played(engine, url, scenes))
    yield Stored(engine, asyncio.run(read()))
    asyncio.run(engine.close())


@pytest.fixture(scope="module")
def logprobs(stored: Stored, embedded_model: Path) -> list[list[np.ndarray]]:
    """Return for some samples of both problems the log-probabilities [T, V] that predicted their tokens."""
    apart = Independent(embedded_model, torch.float32)
    return [
        [
            apart.logits(stored.engine.chat.ids(Question.of(problem).prompt()), run.traces[g.id].ids.tolist())
            .log_softmax(-1)
            .numpy()
            for g in run.generations[:CHECKED]
        ]
        for problem, run in ((p, stored.runs[i, "self_certainty"]) for i, p in enumerate(PROBLEMS))
    ]


def chosen_logprobs(run: StoredRun, logprobs: list[np.ndarray]) -> list[np.ndarray]:
    return [
        np.take_along_axis(rows, run.traces[g.id].ids[:, None], 1)[:, 0]
        for g, rows in zip(run.generations, logprobs, strict=False)
    ]


@pytest.mark.parametrize("problem", [0, 1])
def test_all_scores_are_those_of_the_full_distributions(
    stored: Stored, logprobs: list[list[np.ndarray]], problem: int
) -> None:
    run, rows = stored.runs[problem, "self_certainty"], logprobs[problem]
    said, tolerance = chosen_logprobs(run, rows), run.run.model.tolerance
    entropies = [-(np.exp(each) * each).sum(-1) for each in rows]
    expected = {
        "self_certainty": [float(np.mean(-each.mean(-1) - np.log(each.shape[-1]))) for each in rows],
        "mean_logprob": [float(each.mean()) for each in said],
        "perplexity": [float(np.exp(-each.mean())) for each in said],
        "mean_entropy": [float(each.mean()) for each in entropies],
        "gini": [float((np.exp(2 * each)).sum(-1).mean()) for each in rows],
        "distribution_perplexity": [float(np.exp(each).mean()) for each in entropies],
    }
    for name, values in expected.items():
        assert scores_of(run, name)[:CHECKED] == pytest.approx(values, rel=10 * tolerance, abs=tolerance), name


@pytest.mark.parametrize("problem", [0, 1])
def test_paths_and_rewards_are_the_probabilities_of_the_texts(
    stored: Stored, logprobs: list[list[np.ndarray]], problem: int
) -> None:
    said = chosen_logprobs(stored.runs[problem, "self_certainty"], logprobs[problem])
    rpc, sharpening = stored.runs[problem, "rpc"], stored.runs[problem, "sharpening"]
    per_token = pytest.approx([float(np.exp(each.mean())) for each in said], rel=1e-3)
    assert scores_of(rpc, "path_probability")[:CHECKED] == per_token
    assert scores_of(stored.runs[problem, "self_consistency"], "vote_weight") == scores_of(rpc, "path_probability")
    sums = [float(each.sum()) for each in said]
    stored_sums = [value for value in scores_of(sharpening, "sum_logprob") if value is not None]
    assert stored_sums[:CHECKED] == pytest.approx(sums, abs=16 * rpc.run.model.tolerance)
    best = sharpening.generations[stored_sums.index(max(stored_sums))]
    assert sharpening.run.outcome.chosen_generation == best.id


@pytest.mark.parametrize("name", JUDGING)
@pytest.mark.parametrize("problem", [0, 1])
def test_taken_samples_are_judged_at_no_cost_and_what_decided_can_be_drawn(
    stored: Stored, problem: int, name: str
) -> None:
    run, source = stored.runs[problem, name], stored.runs[problem, "self_consistency"]
    assert [g.copied_from for g in first_drafts(run)] == [g.id for g in source.generations]
    assert (run.run.cost.generated_tokens, len(run.generations)) == (0, 9)
    assert run.run.outcome.chosen_generation in {g.id for g in run.generations}
    table, chart = evidence_of(run.run, run.generations, run.scores)
    assert table.table is not None and len(table.table.rows) == 9
    assert chart.figure is not None and chart.figure.data


def test_nine_paths_of_a_real_model_are_enough_to_fit(stored: Stored) -> None:
    details = [score_of(stored.runs[i, "rpc"], "rpc_confidence").details for i in range(len(PROBLEMS))]
    assert all(each["mixture"]["high"]["mean"] >= each["mixture"]["low"]["mean"] for each in details)
    assert {path["kept"] for each in details for path in each["paths"]} == {True, False}
