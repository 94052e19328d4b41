"""The numbers recorded while generating equal a float64 recomputation from one teacher-forced pass."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.engine.asking import QUESTION, events, sample, samples
from webapp.engine.local import LocalEngine
from webapp.engine.projection import packs
from webapp.engine.protocol import Generated, TokenBatch

TOLERANCE = 1e-4  # nats


@pytest.fixture(scope="module", params=["float32", "float16"])
def engine(embedded_model: Path, request: pytest.FixtureRequest) -> Iterator[LocalEngine]:
    """Full weights, and on a CPU that packs them 16-bit weights: both compute in float32."""
    if request.param == "float16" and not packs():
        pytest.skip("this build of PyTorch has no kernels for packed weights: it is not an x86 CPU")
    made = LocalEngine.from_pretrained(embedded_model, device="cpu", dtype=request.param, max_batch=8)
    yield made
    asyncio.run(made.close())


@pytest.fixture(scope="module")
def double(embedded_model: Path, engine: LocalEngine) -> torch.nn.Module:
    """The same weights, in the precision that the engine holds them in, computed in float64."""
    dtype = getattr(torch, engine.info.record.dtype)
    return AutoModelForCausalLM.from_pretrained(embedded_model, dtype=dtype, local_files_only=True).double().eval()


@torch.inference_mode()
def teacher_forced(double: torch.nn.Module, prompt: list[int], said: list[int]) -> torch.Tensor:
    """Return the float64 logits [T, V] that predicted each token that was said."""
    return double(torch.tensor([prompt + said])).logits[0, len(prompt) - 1 : -1]


@pytest.mark.parametrize("settings", [{"temperature": 0.0}, {"temperature": 0.9, "seed": 3, "top_p": 0.9}])
async def test_every_statistic_is_full_vocabulary_raw_and_exact(
    engine: LocalEngine, double: torch.nn.Module, settings: dict[str, float]
) -> None:
    said = await sample(engine, max_tokens=24, alternatives=20, temperature_grid=(0.5, 1.5), **settings)
    trace, ids = said.trace, said.trace.ids.tolist()
    logits = teacher_forced(double, list(engine.chat.ids(QUESTION)), ids)
    logp = logits.log_softmax(-1)
    expected = {
        "logprob": logp.gather(1, torch.tensor(ids)[:, None])[:, 0],
        "entropy": -(logp.exp() * logp).sum(-1),
        "logsumexp": logits.logsumexp(-1),
        "mean_logit": logits.mean(-1),
        "sum_p2": logp.exp().square().sum(-1),
        "top_logprobs": logp.topk(20).values,
    }
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(trace, name), values.numpy(), atol=TOLERANCE, rtol=0, err_msg=name)
    assert trace.top_ids is not None
    np.testing.assert_allclose(
        logp.gather(1, torch.tensor(trace.top_ids.astype(np.int64))).numpy(), trace.top_logprobs, atol=TOLERANCE
    )
    uniform_kl = -np.log(logits.shape[-1]) - logp.mean(-1).numpy()
    np.testing.assert_allclose(trace.self_certainty, uniform_kl, atol=TOLERANCE)
    for t in (0.5, 1.5):
        np.testing.assert_allclose(trace.grid[t][0], (logits / t).logsumexp(-1).numpy(), atol=TOLERANCE)
        mean = ((logits / t).softmax(-1) * logits).sum(-1)
        np.testing.assert_allclose(trace.grid[t][1], mean.numpy(), atol=10 * TOLERANCE)


async def test_what_was_sampled_with_is_recorded_apart(engine: LocalEngine, double: torch.nn.Module) -> None:
    said = await sample(engine, max_tokens=16, temperature=0.6, top_k=5, seed=11)
    trace, ids = said.trace, torch.tensor(said.trace.ids.tolist())
    scaled = (teacher_forced(double, list(engine.chat.ids(QUESTION)), ids.tolist()) / 0.6).log_softmax(-1)
    kept = scaled.topk(5).values.logsumexp(-1)
    expected = scaled.gather(1, ids[:, None])[:, 0] - kept
    np.testing.assert_allclose(trace.sampled_logprob, expected.numpy(), atol=TOLERANCE)
    np.testing.assert_allclose(trace.sampled_entropy, -(scaled.exp() * scaled).sum(-1).numpy(), atol=TOLERANCE)
    assert trace.candidates is not None and set(trace.candidates.tolist()) == {5}


async def test_scoring_a_text_gives_the_trace_recorded_while_it_was_made(engine: LocalEngine) -> None:
    said = await sample(engine, max_tokens=24, temperature=0.8, seed=5)
    [scored] = await engine.score([QUESTION], [said.trace.ids.tolist()])
    for name in ("logprob", "entropy", "logsumexp", "mean_logit", "sum_p2", "top_logprobs"):
        np.testing.assert_allclose(getattr(scored, name), getattr(said.trace, name), atol=TOLERANCE, err_msg=name)
    assert scored.text() == said.trace.text()


async def test_greedy_continues_from_every_prefix_of_a_greedy_answer(engine: LocalEngine) -> None:
    whole = (await sample(engine, temperature=0.0, max_tokens=16)).trace.ids.tolist()
    for k in range(len(whole)):
        rest = await sample(engine, QUESTION.continuing(whole[:k]), temperature=0.0, max_tokens=len(whole) - k)
        assert rest.trace.ids.tolist() == whole[k:], f"from prefix {k}"


async def test_a_sampled_answer_continues_from_its_own_prefix_with_the_same_noise(engine: LocalEngine) -> None:
    whole = (await sample(engine, temperature=1.0, seed=8, max_tokens=16)).trace.ids.tolist()
    for k in (1, 5, 10):
        rest = await sample(
            engine, QUESTION.continuing(whole[:k]), temperature=1.0, seed=8, max_tokens=len(whole) - k
        )
        assert rest.trace.ids.tolist() == whole[k:], f"from prefix {k}"


async def test_the_streamed_batches_are_the_finished_trace(engine: LocalEngine) -> None:
    seen = await events(engine, n=2, temperature=1.0, max_tokens=12)
    for done in [e for e in seen if isinstance(e, Generated)]:
        batches = [e for e in seen if isinstance(e, TokenBatch) and e.sample == done.sample]
        assert [b.start for b in batches] == np.cumsum([0, *[len(b.trace) for b in batches[:-1]]]).tolist()
        assert np.concatenate([b.trace.ids for b in batches]).tolist() == done.trace.ids.tolist()


async def test_samples_differ_and_one_seed_gives_one_text(engine: LocalEngine) -> None:
    first = await samples(engine, n=4, temperature=1.0, max_tokens=12, seed=1)
    again = await samples(engine, n=4, temperature=1.0, max_tokens=12, seed=1)
    other = await samples(engine, n=4, temperature=1.0, max_tokens=12, seed=2)
    assert [s.text for s in first] == [s.text for s in again]
    assert len({s.text for s in first}) > 1
    assert [s.text for s in first] != [s.text for s in other]
