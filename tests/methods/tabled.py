"""A run over a language that can be listed, in memory: a method is played thousands of times beside the exact law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from storage.records import Generation
from storage.trace import TokenTrace
from tests.enumeration import END, VOCABULARY, Language
from webapp.engine.noise import uniform
from webapp.engine.protocol import Sampling
from webapp.methods.interface import MethodParams
from webapp.tasks.question import Question

BEGAN = datetime(2026, 11, 27, tzinfo=UTC)
PIECES = {token: b"<end>" if token == END else bytes([ord("a") + token]) for token in range(VOCABULARY)}


@dataclass
class TabledRun:
    """What a method needs that draws, continues and decides; the answer to a question is the whole text."""

    language: Language
    params: MethodParams
    seed: int = 0
    generations: list[Generation] = field(default_factory=list)
    traces: dict[str, TokenTrace] = field(default_factory=dict)
    last: list[Generation] = field(default_factory=list)  # what was said again at the end
    scores: list[tuple[str, float | None, dict[str, Any]]] = field(default_factory=list)

    async def drafts(self, question: Question) -> list[Generation]:
        return [self._drawn((), "draft", branch, self.params.max_tokens) for branch in range(self.params.samples)]

    async def continue_from(
        self,
        generation: Generation,
        ids: Sequence[int],
        *,
        role: str,
        label: str,
        branch: int,
        round: int,
        max_tokens: int,
        redraw: int,
    ) -> Generation:
        assert tuple(ids) == self.text(generation)[: len(ids)]
        return self._drawn(tuple(ids), label, branch, max_tokens, redraw)

    async def restate(self, generation: Generation, **_: object) -> Generation:
        self.last.append(generation)
        return generation

    async def record_score(
        self, name: str, value: float | None, *, how: str, about: Generation | None = None, details: Any = None
    ) -> None:
        self.scores.append((name, value, details or {}))

    def chance(self, label: str, *, branch: int = 0, number: int = 0) -> float:
        return uniform(Sampling(seed=self.seed, label=f"decision: {label}"), branch, number)

    def trace(self, generation: Generation) -> TokenTrace:
        return self.traces[generation.id]

    def text(self, generation: Generation) -> tuple[int, ...]:
        return tuple(self.trace(generation).ids.tolist())

    def extract(self, text: str) -> str:
        return text

    def same(self, a: str, b: str) -> bool:
        return a == b

    def doing(self, what: str) -> None:
        """Nobody watches."""

    def _drawn(self, text: tuple[int, ...], label: str, branch: int, longest: int, redraw: int = 0) -> Generation:
        sampling = Sampling(seed=self.seed, label=label, redraw=redraw)
        stop = len(text) + longest
        while len(text) < stop and text[-1:] != (END,):
            law = np.exp(self.language.logprobs(text, self.params.temperature))
            noise = uniform(sampling, branch, len(text))
            text = (*text, int(np.searchsorted(np.cumsum(law), noise * law.sum(), side="right")))
        return self._kept(text, label, branch)

    def _kept(self, text: tuple[int, ...], label: str, branch: int) -> Generation:
        trace = TokenTrace(
            np.array(text, dtype=np.int32), PIECES, VOCABULARY,
            logprob=np.array(self.language.path(text), dtype=np.float32),
            sampled_logprob=np.array(self.language.path(text, self.params.temperature), dtype=np.float32),
            special=frozenset({END}),
        )  # fmt: skip
        made = Generation(
            f"g{len(self.generations)}", "r", len(self.generations), "draft", label, BEGAN, branch=branch,
            text=trace.text()[0], finish_reason="eos" if text[-1:] == (END,) else "length",
        )  # fmt: skip
        self.generations.append(made)
        self.traces[made.id] = trace
        return made
