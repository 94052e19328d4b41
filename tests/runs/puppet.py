"""An engine on strings: what it says is scripted, when it says it is up to the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from storage.records import FinishReason, ModelRecord
from storage.trace import TokenTrace
from webapp.engine.lives import Noted
from webapp.engine.policies.settings import Policy, Power, Product
from webapp.engine.protocol import (
    Caller,
    EngineError,
    EngineEvent,
    EngineGone,
    Generated,
    ModelInfo,
    OptionProbabilities,
    Prompt,
    Queued,
    Sampling,
    SteerEvent,
    TokenBatch,
)
from webapp.models.keys import Keys
from webapp.runs.engines import ModelNotReady, ModelStatus

EOS = 256
LAYERS = 4
VOCABULARY = 257  # the bytes, and the end
NOBODY = Caller()
Script = Callable[[Prompt, int], str]  # what the assistant says in all, to a prompt, as sample number i
Steering = Callable[[Sequence[Prompt], Policy, Sampling, int], Iterable[SteerEvent]]


def rows(ids: Sequence[int]) -> TokenTrace:
    """Return a trace of byte tokens with plausible numbers; the first alternative is the token itself."""
    size = len(ids)
    tokens = np.array(ids, dtype=np.int32)
    ones = np.ones(size, dtype=np.float32)
    top = np.stack([tokens, np.full(size, ord("z"), np.int32)], axis=1)
    return TokenTrace(
        ids=tokens,
        pieces={int(i): b"<end>" if i == EOS else bytes([i]) for i in {*ids, ord("z")}},
        vocab_size=VOCABULARY,
        logprob=ones * -0.25,
        sampled_logprob=ones * -0.125,
        entropy=ones * 0.5,
        sampled_entropy=ones * 0.5,
        logsumexp=ones * 9,
        mean_logit=ones,
        sum_p2=ones * 0.75,
        candidates=np.full(size, 3, np.int32),
        top_ids=top,
        top_logprobs=np.tile(np.array([-0.25, -1.5], np.float32), (size, 1)),
        special=frozenset({EOS}) if EOS in ids else frozenset(),
    )


def _until(ids: list[int], stop: Sequence[str]) -> list[int]:
    """Return the ids up to the end of the stop string that is complete first; the last of ids ends the text."""
    said = bytes(ids[:-1])
    ends = [at + len(s) for s in map(str.encode, stop) if (at := said.find(s)) >= 0]
    return ids[: min(ends, default=len(ids))]


def _before(ids: list[int], stop: Sequence[str]) -> list[int]:
    """Return the ids without the stop string that they end with, if any."""
    ending = [s for s in map(str.encode, stop) if bytes(i for i in ids if i != EOS).endswith(s)]
    return ids[: len(ids) - max(map(len, ending))] if ending and ids[-1] != EOS else ids


def spoken(life: int, text: str, start: int = 0) -> TokenBatch:
    """Return the event that a text of a steered call goes on with these bytes; `start` counts its own."""
    return TokenBatch(0, life, start, rows(list(text.encode())))


def ended(life: int, text: str, reason: FinishReason = "stop", prompt_tokens: int = 5) -> Generated:
    """Return the event that a text of a steered call has ended, having drawn these bytes itself."""
    trace = rows(list(text.encode()))
    return Generated(0, life, text, False, trace, reason, prompt_tokens, 0.1)


def weighed(lives: Sequence[int], log_weights: Sequence[float], *, laws: int = 1) -> Noted:
    """Return what a policy with particles tells at the end: which text stands in each place, and what it weighs."""
    found = {"lives": lives, "log_weights": log_weights, "carried": [[-2.0 - life] * laws for life in lives]}
    return Noted(None, 0, "weights", found | {"log_z": -1.5, "sizes": [float(len(lives))]})


@dataclass
class Puppet:
    """Says byte by byte what its script says; while `gate` is closed it waits before every byte."""

    script: Script = lambda prompt, sample: f"Answer: {sample}"
    capabilities: frozenset[str] = frozenset(
        {"generate", "continue", "score", "choose", "embed", "chat", "full_vocabulary", "top_k", "hidden", "steer"}
    )
    context_length: int = 100_000
    name: str = "puppet"
    fails: str = ""
    gone: bool = False  # whether that is because it has gone away
    pause: float = 0.0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    calls: list[tuple[Prompt, Sampling, Caller]] = field(default_factory=list)
    looked: list[tuple[Prompt, int | tuple[int, int] | None]] = field(default_factory=list)  # into its layers
    state: Callable[[Prompt], Sequence[float]] = lambda prompt: (1.0, -0.5)
    masses: Callable[[int, bool], Sequence[float]] | None = None  # of each option after a layer, with one head or all
    steering: Steering | None = None  # what a steered call tells
    steered: list[tuple[tuple[Prompt, ...], Policy, Sampling]] = field(default_factory=list)
    open: int = 0
    closed: bool = False

    def __post_init__(self) -> None:
        self.gate.set()
        record = ModelRecord(self.name, "test", "1", "cpu", "float32", "none", 1e-4, VOCABULARY, self.context_length)
        self.info = ModelInfo(record, self.name, 1, self.capabilities, 64)  # type: ignore[arg-type]

    async def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, *, n: int = 1, caller: Caller = NOBODY
    ) -> AsyncIterator[EngineEvent]:
        self.calls.append((prompts[0], sampling, caller))
        self.open += n
        try:
            yield Queued(0)
            async for event in self._say(prompts[0], sampling, n):
                yield event
        finally:
            self.open -= n

    async def steer(
        self, prompts: Sequence[Prompt], policy: Policy, sampling: Sampling, *, n: int = 1, caller: Caller = NOBODY
    ) -> AsyncIterator[SteerEvent]:
        """Tell what `steering` says, or draw as `generate` does."""
        self.steered.append((tuple(prompts), policy, sampling))
        self.open += n
        try:
            if self.steering is None:
                async for event in self._say(prompts[0], sampling, n):
                    yield event
                if isinstance(policy, Power | Product):
                    yield weighed(list(range(n)), [0.0] * n, laws=len(prompts))
            else:
                for scripted in self.steering(prompts, policy, sampling, n):
                    await self.gate.wait()
                    await asyncio.sleep(self.pause)
                    yield scripted
        finally:
            self.open -= n

    async def _say(self, prompt: Prompt, sampling: Sampling, n: int) -> AsyncIterator[EngineEvent]:
        said = [self._rest(prompt, sampling, i) for i in range(n)]
        told = [_before(ids, sampling.stop) for ids in said]
        for step in range(max(len(ids) for ids in said)):
            await self.gate.wait()
            await asyncio.sleep(self.pause)
            if self.fails and step == 2:
                raise (EngineGone if self.gone else EngineError)(self.fails)
            for i, ids in enumerate(said):
                if step < len(ids):
                    yield TokenBatch(0, i, step, rows(ids[step : step + 1]))
                if step == len(ids) - 1:
                    reason = "stop" if len(told[i]) < len(ids) else "eos" if ids[-1] == EOS else "length"
                    text, replaced = rows(told[i]).text()
                    yield Generated(0, i, text, replaced, rows(ids), reason, self.count_tokens(prompt), 0.1)  # type: ignore[arg-type]

    def _rest(self, prompt: Prompt, sampling: Sampling, sample: int) -> list[int]:
        whole = list(self.script(prompt, sampling.first_sample + sample).encode())
        begun = list(prompt.prefix)
        rest = whole[len(begun) :] if whole[: len(begun)] == begun else list(b" otherwise")
        return _until([*rest, EOS], sampling.stop)[: sampling.max_tokens]

    async def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[int]], **_: object
    ) -> list[TokenTrace]:
        return [rows(ids) for ids in continuations]

    async def choose(
        self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]], **_: object
    ) -> list[OptionProbabilities]:
        names = tuple(option[0] for option in options)
        masses = tuple(0.6 / 2**i for i in range(len(options)))
        return [OptionProbabilities(names, masses, (), self.count_tokens(p), 0.01) for p in prompts]

    async def embed(self, texts: Sequence[str], **_: object) -> NDArray[np.float32]:
        return np.ones((len(texts), 2), dtype=np.float32)

    async def hidden(self, prompts: Sequence[Prompt], *, layer: int, **_: object) -> NDArray[np.float32]:
        self.looked += [(prompt, layer) for prompt in prompts]
        return np.array([self.state(prompt) for prompt in prompts], dtype=np.float32)

    async def lens(
        self,
        prompts: Sequence[Prompt],
        options: Sequence[Sequence[str]],
        *,
        head: tuple[int, int] | None = None,
        **_: object,
    ) -> NDArray[np.float64]:
        self.looked += [(prompt, head) for prompt in prompts]
        even = [0.5 / len(options)] * len(options)
        rows = [even if self.masses is None else self.masses(i, head is not None) for i in range(LAYERS + 1)]
        return np.array([rows for _ in prompts], dtype=np.float64)

    def tokenize(self, text: str) -> tuple[int, ...]:
        return tuple(text.encode())

    def piece(self, token: int) -> bytes:
        return b"<end>" if token == EOS else bytes([token])

    def count_tokens(self, prompt: Prompt) -> int:
        return sum(len(m.content.encode()) for m in prompt.messages) + len(prompt.prefix)

    async def close(self) -> None:
        self.closed = True


class Stage:
    """An EngineHub with one engine on it, or none; `others` are those it can be switched to, by reference."""

    def __init__(self, engine: Puppet | None = None, **others: Puppet) -> None:
        self.current = engine
        self.ref = "embedded"
        self.others = others
        self.users = 0
        self.keys = Keys()

    def loaded(self) -> str | None:
        return None if self.current is None else self.ref

    async def switch(self, ref: str) -> ModelStatus:
        if ref not in self.others:
            return replace(self.status(), error=f"There is no model {ref}.")
        self.current, self.ref = self.others[ref], ref
        return self.status()

    def engine(self) -> Puppet:
        if self.current is None:
            raise ModelNotReady("The model is not ready yet. Loading it.")
        return self.current

    @asynccontextmanager
    async def using(self) -> AsyncIterator[Puppet]:
        self.users += 1
        try:
            yield self.engine()
        finally:
            self.users -= 1

    def status(self) -> ModelStatus:
        return ModelStatus("ready" if self.current else "loading")

    def start(self, ref: str) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        if self.current is not None:
            await self.current.close()
