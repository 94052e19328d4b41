"""Plain transformers: `generate` with the logits of every token, and the same statistics computed afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
    """One request at a time, in a thread of its own."""

    name = "hf"

    def __init__(self, folder: Path, spelling: Spelling, dtype: str) -> None:
        self.spelling = spelling
        self.model: Any = AutoModelForCausalLM.from_pretrained(
            folder, dtype=getattr(torch, dtype), local_files_only=True
        )
        threads = torch.get_num_threads()
        self.thread = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(threads,))
        self.about = (
            f"transformers {transformers.__version__}, {dtype}, {threads} threads; "
            "full-vocabulary entropy, computed afterwards"
        )

    async def texts(self, prompts: Sequence[Prompt], n: int, tokens: int) -> Texts:
        return await self._run(lambda: self._generate(prompts, n, tokens))

    async def judge(self, prompts: Sequence[Prompt]) -> list[float | None]:
        return await self._run(lambda: [self._odds(prompt) for prompt in prompts])

    async def close(self) -> None:
        self.thread.shutdown()

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.thread, torch.inference_mode()(work))

    def _generate(self, prompts: Sequence[Prompt], n: int, tokens: int) -> Texts:
        ids, mask = _padded([self.spelling.ids(prompt) for prompt in prompts])
        output = self.model.generate(
            ids, attention_mask=mask, do_sample=True, temperature=TEMPERATURE, top_k=0, top_p=1.0,
            num_return_sequences=n, max_new_tokens=tokens, min_new_tokens=tokens, output_logits=True,
            return_dict_in_generate=True, pad_token_id=0,
        )  # fmt: skip
        assert len(output.logits) == tokens
        for logits in output.logits:
            _statistics(logits)
        return [self.spelling.text(said) for said in output.sequences[:, ids.shape[1] :].tolist()]

    def _odds(self, prompt: Prompt) -> float | None:
        ids = torch.tensor([self.spelling.ids(prompt)])
        following = self.model(ids, use_cache=False, logits_to_keep=1).logits[0, -1].float().log_softmax(-1)
        return self.spelling.odds(dict(enumerate(following.tolist())))


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
