"""Methods on the real embedded model: run once, read back from the reopened database, recompute apart."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

from storage.database import Database
from tests.methods.playing import Play
from tests.runs.puppet import Stage
from webapp.engine.local import LocalEngine
from webapp.runs.service import RunService


def engine_of(folder: Path) -> LocalEngine:
    """Return an engine whose seeds are exact, on one of the two cores of the smallest machine we test on."""
    return LocalEngine.from_pretrained(folder, device="cpu", dtype="float32", threads=1)


async def played(engine: LocalEngine, database_url: str, scenes: Callable[[Play], Awaitable[None]]) -> None:
    """Run scenes in a service of its own, and close everything but the engine."""
    async with AsyncExitStack() as closing:
        database = Database.open(database_url)
        closing.push_async_callback(database.close)
        service = RunService(database, Stage(engine))  # type: ignore[arg-type]
        await service.start()
        closing.push_async_callback(service.close)
        await scenes(Play(service, database))


class Independent:
    """The same weights through plain transformers: one teacher-forced pass, statistics in float64."""

    def __init__(self, folder: Path, dtype: torch.dtype) -> None:
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, local_files_only=True)

    @torch.inference_mode()
    def logits(self, prompt: Sequence[int], said: Sequence[int]) -> torch.Tensor:
        """Return the float64 logits [T, V] that predicted each token of what was said after the prompt."""
        ids = torch.tensor([[*prompt, *said]])
        logits: torch.Tensor = self.model(ids).logits
        return logits[0, len(prompt) - 1 : -1].double()

    def masses(self, prompt: Sequence[int], options: Sequence[Sequence[Sequence[int]]]) -> list[float]:
        """Return how much probability falls on any spelling of each option; single tokens share one pass."""
        following = self.logits(prompt, [0])[0].softmax(-1)
        return [
            sum(float(following[ids[0]]) if len(ids) == 1 else self._whole(prompt, ids) for ids in spellings)
            for spellings in options
        ]

    def _whole(self, prompt: Sequence[int], said: Sequence[int]) -> float:
        logp = self.logits(prompt, said).log_softmax(-1)
        return math.exp(float(logp.gather(1, torch.tensor(said)[:, None]).sum()))
