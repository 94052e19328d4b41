"""Runs picked from the database, recomputed from nothing but what is stored, within the tolerance they record."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sqlalchemy import select
from torch import Tensor

from storage import tables
from storage.database import Database
from storage.records import Generation, StoredRun
from storage.repositories import runs as run_store
from storage.trace import TokenTrace
from tests.methods.playing import Play, of_role
from tests.methods.real import Independent, engine_of, played
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import Generated, Prompt, Sampling
from webapp.runs.branch import sampling_of
from webapp.runs.calls import prompt_of
from webapp.tasks.starter import starter_problems

SEED, PICKED = 27, 5
SHORT: dict[str, Any] = {"samples": 2, "max_tokens": 20}
PROBLEM = starter_problems()[0].problem
AT_ONE = ("logprob", "entropy", "logsumexp", "mean_logit", "sum_p2", "top_logprobs", "self_certainty")


class Recomputed(NamedTuple):
    """A stored text beside an independent pass over its stored ids: raw logits [T, V] in float64."""

    run: StoredRun
    generation: Generation
    trace: TokenTrace
    logits: Tensor

    @property
    def ids(self) -> Tensor:
        return torch.from_numpy(self.trace.ids.astype(np.int64))


async def scenes(play: Play) -> None:
    """Make runs of every kind: all truncations, greedy, in rounds, judged, taken over, branched."""
    nucleus = await play("self_consistency", PROBLEM, seed=1, temperature=0.8, top_p=0.9, **SHORT)
    await play("two_turn", PROBLEM, seed=2, temperature=0.0, samples=1, max_tokens=20)
    await play("self_consistency", PROBLEM, seed=3, temperature=1.3, top_k=30, **SHORT)
    await play("rci", PROBLEM, seed=4, temperature=0.7, min_p=0.05, samples=1, max_tokens=20)
    await play("p_true", PROBLEM, seed=5, temperature=1.0, ideas=3, **SHORT)
    await play("ask_again", PROBLEM, source=nucleus, seed=6, temperature=0.6, max_tokens=20)
    settings: dict[str, Any] = {
        "top_p": 0.95,
        "top_k": 50,
        "min_p": 0.02,
        "samples": 1,
        "max_tokens": 20,
        "max_rounds": 1,
    }
    await play("self_refine", PROBLEM, seed=7, temperature=0.9, **settings)
    draft = nucleus.generations[0]
    other = nucleus.traces[draft.id].top_ids[2, 3]  # type: ignore[index]
    branch = await play.service.branch(draft.id, 2, int(other), person="local")
    await play.service.wait(branch)


async def picked(url: str) -> list[StoredRun]:
    """Open the database anew and return some of its runs, picked at random."""
    database = Database.open(url)
    order = select(tables.Run.id).order_by(tables.Run.created_at)
    ids = await database.read(lambda s: list(s.scalars(order)))
    chosen = random.Random(SEED).sample(ids, PICKED)
    found = [await database.read(lambda s, i=i: run_store.load(s, i)) for i in chosen]  # type: ignore[misc]
    await database.close()
    return [run for run in found if run is not None]


@pytest.fixture(scope="module")
def engine(embedded_model: Path) -> Iterator[LocalEngine]:
    made = engine_of(embedded_model)
    yield made
    asyncio.run(made.close())


@pytest.fixture(scope="module")
def runs(engine: LocalEngine, tmp_path_factory: pytest.TempPathFactory) -> list[StoredRun]:
    url = f"sqlite:///{tmp_path_factory.mktemp('recompute') / 'runs.db'}"
    asyncio.run(played(engine, url, scenes))
    return asyncio.run(picked(url))


@pytest.fixture(scope="module")
def texts(engine: LocalEngine, runs: list[StoredRun], embedded_model: Path) -> list[Recomputed]:
    """Teacher-force every text of the picked runs: its stored messages and ids are all that is used."""
    model = Independent(embedded_model, torch.float32)
    return [
        Recomputed(run, g, run.traces[g.id], model.logits(prompt, run.traces[g.id].ids.tolist()))
        for run in runs
        for g in run.generations
        if (prompt := engine.chat.ids(prompt_of(g)))
    ]


def tolerance(text: Recomputed) -> float:
    return text.run.run.model.tolerance


def at_one(text: Recomputed) -> dict[str, Tensor]:
    """Return what the logits say at temperature 1, over the whole vocabulary."""
    logits, logp = text.logits, text.logits.log_softmax(-1)
    return {
        "logprob": logp.gather(1, text.ids[:, None])[:, 0],
        "entropy": -(logp.exp() * logp).sum(-1),
        "logsumexp": logits.logsumexp(-1),
        "mean_logit": logits.mean(-1),
        "sum_p2": logp.exp().square().sum(-1),
        "top_logprobs": logp.topk(sampling_of(text.generation).alternatives).values,
        "self_certainty": -np.log(logits.shape[-1]) - logp.mean(-1),
    }


def left(scaled: Tensor, sampling: Sampling, slack: float) -> int:
    """Count the tokens that min-p, then top-k, then top-p leave, each bound loosened by `slack`."""
    ordered = scaled.sort(descending=True).values
    if sampling.min_p:
        ordered = ordered[ordered >= ordered[0] + np.log(sampling.min_p) - slack]
    if sampling.top_k:
        ordered = ordered[: sampling.top_k]
    probabilities = ordered.softmax(-1)
    before = probabilities.cumsum(-1) - probabilities
    return int((before < sampling.top_p + slack).sum()) if sampling.top_p < 1 else len(ordered)


def model_rows(text: Recomputed) -> NDArray[np.bool_]:
    """Return which rows the model drew; the row that a person forced was drawn from nothing."""
    drawn = np.ones(len(text.trace), dtype=bool)
    if text.run.run.branch_of is not None:
        drawn[text.run.run.branch_of.token_index] = False
    return drawn


def test_the_pick_covers_texts_that_were_truncated_copied_and_branched(runs: list[StoredRun]) -> None:
    assert len({run.run.id for run in runs}) == PICKED
    assert {run.run.status for run in runs} == {"finished"}
    assert any(run.run.branch_of for run in runs) and any(run.run.input_run for run in runs)
    assert any(of_role(run, "critique") for run in runs)
    settings = [g.sampling for run in runs for g in run.generations]
    assert any(s["top_p"] < 1 for s in settings) and any(s["min_p"] > 0 for s in settings)
    assert any(s["top_k"] > 0 for s in settings) and any(s["temperature"] == 0 for s in settings)


def test_every_statistic_at_temperature_one(texts: list[Recomputed]) -> None:
    for text in texts:
        for name, values in at_one(text).items():
            stored = getattr(text.trace, name)
            known = ~np.isnan(stored)
            assert known[model_rows(text)].all(), name
            np.testing.assert_allclose(
                stored[known], values.numpy()[known], atol=tolerance(text), rtol=0, err_msg=name
            )


def test_the_alternatives_are_the_most_probable_tokens(texts: list[Recomputed]) -> None:
    for text in texts:
        assert text.trace.top_ids is not None and text.trace.top_logprobs is not None
        logp = text.logits.log_softmax(-1).gather(1, torch.from_numpy(text.trace.top_ids.astype(np.int64)))
        np.testing.assert_allclose(text.trace.top_logprobs, logp.numpy(), atol=tolerance(text), rtol=0)


def test_what_was_left_to_draw_from_follows_from_the_stored_settings(texts: list[Recomputed]) -> None:
    for text in texts:
        sampling, slack = sampling_of(text.generation), tolerance(text)
        assert text.trace.candidates is not None
        for row, count in zip(text.logits, text.trace.candidates.tolist(), strict=True):
            scaled = (row / (sampling.temperature or 1.0)).log_softmax(-1)
            if sampling.temperature == 0:
                assert count == 1
            elif (sampling.top_p, sampling.top_k, sampling.min_p) == (1, 0, 0):
                assert len(scaled) - 1000 <= count <= len(scaled), "only what underflows in float32 may be missing"
            else:
                assert left(scaled, sampling, -slack) <= count <= left(scaled, sampling, slack)


def test_the_log_probability_it_was_drawn_with(texts: list[Recomputed]) -> None:
    for text in texts:
        temperature = sampling_of(text.generation).temperature
        drawn, entropy = text.trace.sampled_logprob, text.trace.sampled_entropy
        assert drawn is not None and entropy is not None and text.trace.candidates is not None
        if temperature == 0:
            assert not drawn.any() and not entropy.any()
            assert torch.equal(text.ids, text.logits.argmax(-1))
            continue
        scaled = (text.logits / temperature).log_softmax(-1)
        counts = text.trace.candidates.tolist()
        kept = [row.topk(count).values.logsumexp(-1) for row, count in zip(scaled, counts, strict=True)]
        expected = (scaled.gather(1, text.ids[:, None])[:, 0] - torch.stack(kept)).numpy()
        rows, bound = model_rows(text), tolerance(text) / min(1.0, temperature)
        np.testing.assert_allclose(drawn[rows], expected[rows], atol=bound, rtol=0)
        assert np.isnan(drawn[~rows]).all(), "a token that a person forced was drawn from nothing"
        np.testing.assert_allclose(entropy, -(scaled.exp() * scaled).sum(-1).numpy(), atol=bound, rtol=0)


def test_the_summaries_are_those_of_the_recomputed_columns(texts: list[Recomputed]) -> None:
    for text in texts:
        seen, bound = at_one(text), tolerance(text)
        assert text.trace.logprob is not None
        known = ~np.isnan(text.trace.logprob)
        logprob, entropy = seen["logprob"].numpy()[known], seen["entropy"]
        summary = text.generation.summary
        assert summary is not None and summary.tokens == len(text.ids)
        assert summary.mean_entropy == pytest.approx(float(entropy.mean()), abs=bound)
        assert summary.max_entropy == pytest.approx(float(entropy.max()), abs=bound)
        assert summary.last_entropy == pytest.approx(float(entropy[-10:].mean()), abs=bound)
        assert summary.mean_logprob == pytest.approx(float(logprob.mean()), abs=bound)
        assert summary.sum_logprob == pytest.approx(float(logprob.sum()), abs=bound * len(logprob))
        assert summary.self_certainty == pytest.approx(float(seen["self_certainty"].mean()), abs=bound)


def test_the_text_is_what_the_stored_tokens_spell(texts: list[Recomputed]) -> None:
    for text in texts:
        assert text.trace.text()[0] == text.generation.text
        assert text.generation.cost.generated_tokens in (0, len(text.trace) - len(text.generation.prefix))
        assert text.trace.ids[: len(text.generation.prefix)].tolist() == list(text.generation.prefix)


async def redrawn(engine: LocalEngine, prompt: Prompt, sampling: Sampling) -> list[int]:
    events = [event async for event in engine.generate([prompt], sampling)]
    [done] = [event for event in events if isinstance(event, Generated)]
    return [int(token) for token in done.trace.ids]


async def test_the_stored_seed_and_label_draw_the_same_tokens_again(
    engine: LocalEngine, texts: list[Recomputed]
) -> None:
    asked = [(prompt_of(t.generation).continuing(t.generation.prefix), sampling_of(t.generation)) for t in texts]
    again = await asyncio.gather(*(redrawn(engine, *each) for each in asked))
    assert again == [t.trace.ids.tolist()[len(t.generation.prefix) :] for t in texts]
    assert len({(t.generation.label, str(t.generation.sampling["seed"])) for t in texts}) > 5
