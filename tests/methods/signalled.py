"""A model whose tokens carry scripted numbers, so that a test decides how sure it was of each sample."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from storage.records import Score, StoredRun
from storage.repositories import runs as run_store
from storage.trace import TokenTrace
from tests.methods.playing import Judge, Play
from webapp.engine.protocol import EngineEvent, Generated, Prompt, Sampling, TokenBatch
from webapp.runs.request import RunRequest

Numbers = Mapping[str, float | None]  # what a column of the trace holds for every token; None: it is not known


@dataclass
class Signalled(Judge):
    """A puppet that tells the numbers of sample i for each of its tokens."""

    numbers: Callable[[int], Numbers] = lambda sample: {}

    async def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, *, n: int = 1, **options: Any
    ) -> AsyncIterator[EngineEvent]:
        async for event in super().generate(prompts, sampling, n=n, **options):
            if isinstance(event, TokenBatch | Generated):
                numbers = self.numbers(sampling.first_sample + event.sample)
                yield replace(event, trace=_with(event.trace, numbers))
            else:
                yield event


def _with(trace: TokenTrace, numbers: Numbers) -> TokenTrace:
    columns = {k: None if v is None else np.full(len(trace), v, dtype=np.float32) for k, v in numbers.items()}
    return replace(trace, **columns)  # type: ignore[arg-type]


def saying(model: Signalled, *texts: str) -> None:
    """Let sample i say the i-th text."""
    model.script = lambda prompt, sample: texts[sample]


def sure(model: Signalled, **columns: Sequence[float | None]) -> None:
    """Let the tokens of sample i have the i-th number of each column."""
    model.numbers = lambda sample: {name: values[sample] for name, values in columns.items()}


async def failed(play: Play, request: RunRequest) -> StoredRun:
    """Run a request that cannot be carried out to its end, and return what is stored of it."""
    [run_id] = await play.service.launch([request], person="local")
    await play.service.wait(run_id)
    stored = await play.database.read(lambda s: run_store.load(s, run_id))
    assert stored is not None and stored.run.status == "failed"
    return stored


def scores_of(stored: StoredRun, name: str) -> list[float | None]:
    """Return the values of a score of the samples, in their order."""
    found = {score.generation_id: score.value for score in stored.scores if score.name == name}
    return [found[g.id] for g in stored.generations]


def score_of(stored: StoredRun, name: str) -> Score:
    """Return a score of the run as a whole."""
    [score] = [score for score in stored.scores if score.name == name and score.generation_id is None]
    return score
