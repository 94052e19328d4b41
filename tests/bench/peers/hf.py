"""Plain transformers: `generate` with the logits of every token, and the same statistics computed afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import torch
import transformers
from torch import Tensor
from transformers import AutoModelForCausalLM

from tests.bench.peers.side import ALTERNATIVES, TEMPERATURE, Side, Spelling, Texts
from webapp.engine.protocol import Prompt

T = TypeVar("T")


class Transformers(Side):
    """One request at a time, in a process of its own: two teams of threads in one process slow each other down."""

    name = "hf"

    def __init__(self, folder: Path, spelling: Spelling, dtype: str) -> None:
        self.spelling = spelling
        threads = torch.get_num_threads()
        self.process = ProcessPoolExecutor(1, get_context("spawn"), _load, (folder, dtype, threads))
        self.about = (
            f"transformers {transformers.__version__}, {dtype}, {threads} threads; "
            "full-vocabulary entropy, computed afterwards"
        )

    async def texts(self, prompts: Sequence[Prompt], n: int, tokens: int) -> Texts:
        said = await self._run(_generate, [self.spelling.ids(prompt) for prompt in prompts], n, tokens)
        return [self.spelling.text(ids) for ids in said]

    async def judge(self, prompts: Sequence[Prompt]) -> list[float | None]:
        following = await self._run(_following, [self.spelling.ids(prompt) for prompt in prompts])
        return [self.spelling.odds(dict(enumerate(logprobs))) for logprobs in following]

    async def close(self) -> None:
        self.process.shutdown()

    async def _run(self, work: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.process, work, *given)


_model: Any = None  # of the process


def _load(folder: Path, dtype: str, threads: int) -> None:
    global _model
    torch.set_num_threads(threads)
    _model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype), local_files_only=True)


@torch.inference_mode()
def _generate(prompts: Sequence[Sequence[int]], n: int, tokens: int) -> list[list[int]]:
    """Return the ids that follow, n texts a prompt."""
    ids, mask = _padded(prompts)
    output = _model.generate(
        ids, attention_mask=mask, do_sample=True, temperature=TEMPERATURE, top_k=0, top_p=1.0,
        num_return_sequences=n, max_new_tokens=tokens, min_new_tokens=tokens, output_logits=True,
        return_dict_in_generate=True, pad_token_id=0,
    )  # fmt: skip
    assert len(output.logits) == tokens
    for logits in output.logits:
        _statistics(logits)
    said: list[list[int]] = output.sequences[:, ids.shape[1] :].tolist()
    return said


@torch.inference_mode()
def _following(prompts: Sequence[Sequence[int]]) -> list[list[float]]:
    """Return the log-probabilities [V] of the token after each prompt."""
    outputs = (_model(torch.tensor([ids]), use_cache=False, logits_to_keep=1) for ids in prompts)
    return [output.logits[0, -1].float().log_softmax(-1).tolist() for output in outputs]


def _padded(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Return rows [B, T], filled from the left, and which of them is text."""
    width = max(map(len, rows))
    ids = torch.tensor([[0] * (width - len(row)) + list(row) for row in rows])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
    return ids, mask


def _statistics(logits: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return entropy [B] in nats, and the log-probabilities [B, 20] and ids of the best tokens."""
    logprobs = logits.float().log_softmax(-1)
    entropy = -(logprobs.exp() * logprobs).sum(-1)
    best = logprobs.topk(ALTERNATIVES)
    return entropy, best.values, best.indices
