"""A run's calls to the model: charged to its budget, recorded, and ended with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from storage.records import Cost, Generation, Origin, Role
from storage.trace import TokenTrace
from webapp.engine.policies.settings import Policy
from webapp.engine.protocol import (
    Caller,
    Engine,
    EngineError,
    EngineEvent,
    EngineGone,
    Generated,
    Message,
    OptionProbabilities,
    Prompt,
    Queued,
    Sampling,
    SteerableEngine,
    SteerEvent,
    TokenBatch,
)
from webapp.methods.interface import Steered
from webapp.runs.budget import Budget
from webapp.runs.progress import Progress
from webapp.runs.recorder import Recorder
from webapp.runs.steering import SteeredTexts
from webapp.runs.writing import Writing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Text:
    """What a text to be drawn is in the run: the fields of its generation that a method gives."""

    role: Role
    label: str
    branch: int = 0
    round: int = 0
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """Rows that a text begins with, and the origin of each."""

    rows: TokenTrace
    origins: Sequence[Origin]


class Calls:
    """Makes the calls of one run; `close` ends those that are still under way."""

    def __init__(
        self, engine: Engine, caller: Caller, recorder: Recorder, budget: Budget, progress: Progress
    ) -> None:
        self._engine = engine
        self._caller = caller
        self._recorder = recorder
        self._budget = budget
        self._progress = progress
        self._open: set[asyncio.Task[Any]] = set()
        self._finishing: set[asyncio.Task[Generation]] = set()

    async def draw(
        self, prompt: Prompt, sampling: Sampling, texts: Sequence[Text], given: Given | None = None
    ) -> list[Generation]:
        """Draw one sample of a prompt for each text, stream and store them, and return them in order."""
        self._budget.reserve(len(texts) * sampling.max_tokens)
        writings = [self._begin(prompt, sampling, text, i) for i, text in enumerate(texts)]
        if given is not None:
            for writing in writings:
                self._recorder.give(writing, given.rows, given.origins)
        try:
            return await self._owned(self._draw(prompt, sampling, writings))
        except EngineError as error:  # the method may go on without these texts
            await self._recorder.abandon("interrupted" if isinstance(error, EngineGone) else "failed", writings)
            raise

    async def steer(
        self, prompts: Sequence[Prompt], policy: Policy, sampling: Sampling, texts: Sequence[Text]
    ) -> Steered:
        """Draw a text for each of those given as a policy says, stream and store them with all that branch off."""
        self._budget.reserve(len(texts) * sampling.max_tokens)
        begun = [self._begin(prompts[0], sampling, text, i) for i, text in enumerate(texts)]

        def branch_off(place: int, ancestor: Generation, said: Sequence[int]) -> Writing:
            copied, prompt = replace(texts[place], parents=(ancestor.id,)), prompts[0]
            return self._begin(prompt.continuing((*prompt.prefix, *said)), sampling, copied, place, calls=0)

        lives = SteeredTexts(self._recorder, self._budget, self._progress, sampling, begun, branch_off)
        try:
            return await self._owned(self._steer(prompts, policy, sampling, lives))
        except EngineError:  # the method may go on without these texts
            await self._recorder.abandon("failed", lives.writings)
            raise

    async def choose(self, prompt: Prompt, options: Sequence[Sequence[str]], prefix: str) -> OptionProbabilities:
        """Return the mass of each option after the prompt and a text inside the assistant's message."""
        prompt = self._begun(prompt, prefix)
        self._budget.reserve(0)
        chosen = (await self._owned(self._engine.choose([prompt], options, caller=self._caller)))[0]
        self._charge(chosen.prompt_tokens)
        return chosen

    async def score(self, prompt: Prompt, ids: Sequence[int]) -> TokenTrace:
        """Teacher-force ids after a prompt."""
        self._budget.reserve(0)
        trace = (await self._owned(self._engine.score([prompt], [ids], caller=self._caller)))[0]
        self._charge(self._engine.count_tokens(prompt) + len(ids))
        return trace

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return [N, D] mean-pooled hidden states."""
        self._budget.reserve(0)
        vectors = await self._owned(self._engine.embed(texts, caller=self._caller))
        self._charge(await asyncio.to_thread(self._tokens, texts))
        return vectors

    async def hidden(self, prompt: Prompt, layer: int) -> NDArray[np.float32]:
        """Return [D] the state of the prompt's last token after so many layers."""
        self._budget.reserve(0)
        [state] = await self._owned(self._looked_into().hidden([prompt], layer=layer, caller=self._caller))
        self._charge(self._engine.count_tokens(prompt))
        return cast(NDArray[np.float32], state)

    async def lens(
        self, prompt: Prompt, options: Sequence[Sequence[str]], prefix: str, head: tuple[int, int] | None
    ) -> NDArray[np.float64]:
        """Return [L + 1, options] what each layer would answer after the prompt and a text begun in its answer."""
        prompt = self._begun(prompt, prefix)
        self._budget.reserve(0)
        call = self._looked_into().lens([prompt], options, head=head, caller=self._caller)
        [masses] = await self._owned(call)
        self._charge(self._engine.count_tokens(prompt))
        return cast(NDArray[np.float64], masses)

    async def close(self) -> None:
        """End what is under way, but let texts that are complete be stored."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, *self._finishing, return_exceptions=True)

    def _begun(self, prompt: Prompt, prefix: str) -> Prompt:
        return prompt.continuing((*prompt.prefix, *self._engine.tokenize(prefix))) if prefix else prompt

    def _looked_into(self) -> SteerableEngine:
        if not isinstance(self._engine, SteerableEngine):
            raise EngineError("This engine cannot look into its model.")
        return self._engine

    def _tokens(self, texts: Sequence[str]) -> int:
        return sum(len(self._engine.tokenize(text)) for text in texts)

    async def _steer(
        self, prompts: Sequence[Prompt], policy: Policy, sampling: Sampling, lives: SteeredTexts
    ) -> Steered:
        n = len(lives.writings)
        stream = self._looked_into().steer(prompts, policy, sampling, n=n, caller=self._caller)
        async with aclosing(cast(AsyncGenerator[SteerEvent, None], stream)) as events:
            async for event in events:
                if (task := lives.hear(event)) is not None:
                    self._keep(task)
        return await lives.all()

    def _begin(self, prompt: Prompt, sampling: Sampling, text: Text, sample: int, calls: int = 1) -> Writing:
        keyed = replace(sampling, first_sample=sampling.first_sample + sample)
        generation = blank(prompt, text).with_(sampling=asdict(keyed))
        return self._recorder.begin(generation, tokens=sampling.max_tokens, calls=calls)

    async def _draw(self, prompt: Prompt, sampling: Sampling, writings: Sequence[Writing]) -> list[Generation]:
        stream = self._engine.generate([prompt], sampling, n=len(writings), caller=self._caller)
        results: dict[int, asyncio.Task[Generation]] = {}
        async with aclosing(cast(AsyncGenerator[EngineEvent, None], stream)) as events:
            async for event in events:
                match event:
                    case Queued(position):
                        self._progress.waiting(position)
                    case TokenBatch(sample=sample, trace=rows):
                        self._recorder.add(writings[sample], rows)
                    case Generated(sample=sample):
                        results[sample] = self._finish(writings[sample], event, first=not results)
        if len(results) < len(writings):
            raise EngineError("The model stopped before every text was finished.")
        return list(await asyncio.gather(*(results[i] for i in range(len(writings)))))

    def _finish(self, writing: Writing, result: Generated, *, first: bool) -> asyncio.Task[Generation]:
        # A prompt is read once for all samples of a call, so only one of them is charged for it.
        charged = result.prompt_tokens if first else 0
        task = asyncio.create_task(self._recorder.finish(writing, result, prompt_tokens=charged))
        self._keep(task)
        return task

    def _keep(self, task: asyncio.Task[Generation]) -> None:
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def _owned(self, call: Coroutine[Any, Any, T]) -> T:
        task = asyncio.ensure_future(call)
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        return await task

    def _charge(self, prompt_tokens: int) -> None:
        self._budget.settle(0, Cost(prompt_tokens=prompt_tokens, calls=1))
        self._progress.tell()


def blank(prompt: Prompt, text: Text) -> Generation:
    """Return a generation of which nothing is written yet."""
    return Generation(
        id="",
        run_id="",
        ordinal=0,
        created_at=datetime.now(UTC),
        role=text.role,
        label=text.label,
        branch=text.branch,
        round=text.round,
        parents=text.parents,
        messages=tuple((m.role, m.content) for m in prompt.messages),
        prefix=prompt.prefix,
    )


def prompt_of(generation: Generation) -> Prompt:
    """Return the conversation that a stored generation answered, without what it continued."""
    return Prompt(tuple(Message(role, content) for role, content in generation.messages))  # type: ignore[arg-type]
