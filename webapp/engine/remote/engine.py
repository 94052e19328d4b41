"""The remote engine: a model on a server behind the protocol, asked from the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from storage.records import ModelRecord
from storage.trace import TokenTrace
from webapp.engine.checking import check
from webapp.engine.protocol import (
    Caller,
    ContextOverflow,
    EngineError,
    EngineEvent,
    ModelInfo,
    OptionProbabilities,
    Prompt,
    Queued,
    Sampling,
)
from webapp.engine.remote.choosing import Chooser
from webapp.engine.remote.client import Client
from webapp.engine.remote.drawing import Drawing
from webapp.engine.remote.facts import Facts
from webapp.engine.remote.gate import Gate
from webapp.engine.remote.ids_wire import IdsWire
from webapp.engine.remote.reader import Reader
from webapp.engine.remote.sample import Sample, Tracing
from webapp.engine.remote.text_wire import TextWire
from webapp.engine.remote.vocabulary import Vocabulary
from webapp.engine.remote.wire import Wire, check_drawing

T = TypeVar("T")
ME = Caller()
AT_ONCE = 16  # texts drawn together where nobody says otherwise
UNKNOWN_CONTEXT = 131_072
TOLERANCE = 0.1
CLOSED = "The connection to the model's server was closed."


class RemoteEngine:
    """A model on an OpenAI-compatible server; see `protocol.Engine` and `protocol.TaughtEngine`."""

    def __init__(self, client: Client, facts: Facts, vocabulary: Vocabulary, *, max_batch: int = 0) -> None:
        self._client = client
        self.facts = facts
        self.vocabulary = vocabulary
        self._ids = IdsWire(client, facts, vocabulary) if facts.speech == "ids" else None
        self._wire: Wire = self._ids or TextWire(client, facts, vocabulary)
        self._gate = Gate(max_batch or AT_ONCE)
        self._reader = Reader(client, facts, self._wire, vocabulary)
        self._chooser = Chooser(self._reader)
        self._open: set[asyncio.Task[Any]] = set()
        self._closed = False
        record = _record(client, facts, vocabulary)
        name = facts.model.rstrip("/").rsplit("/", 1)[-1]
        self._info = ModelInfo(record, name, 0, facts.capabilities, self._gate.size, facts.absent)

    @property
    def info(self) -> ModelInfo:
        """What is known of the model."""
        return self._info

    async def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, *, n: int = 1, caller: Caller = ME
    ) -> AsyncIterator[EngineEvent]:
        """Draw n samples of every prompt; see `protocol.Engine.generate`."""
        check(sampling, n)
        check_drawing(sampling, self.facts)
        self._check_open()
        self._check_context(prompts, sampling)
        events: asyncio.Queue[EngineEvent | None] = asyncio.Queue()
        task = self._begin(self._draw(prompts, sampling, n, caller, events))
        task.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            self._raise(task)
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def score(
        self,
        prompts: Sequence[Prompt],
        continuations: Sequence[Sequence[int]],
        *,
        alternatives: int = 10,
        caller: Caller = ME,
    ) -> list[TokenTrace]:
        """Teacher-force each continuation after its prompt; see `protocol.Engine.score`."""
        check(Sampling(alternatives=alternatives), 1)
        if self._ids is None or not self.facts.scores:
            raise EngineError(f"The server of {self.facts.model} does not score texts.")
        tracing = Tracing(self.facts, self.vocabulary, Sampling(temperature=1.0, alternatives=alternatives))
        top = min(alternatives, self.facts.top)
        pairs = list(zip(prompts, continuations, strict=True))
        calls = [self._one(self._reader.scored(self._ids, prompt, said, top), caller) for prompt, said in pairs]
        return [tracing.scored(rows) for rows in await self._together(calls)]

    async def choose(
        self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]], *, caller: Caller = ME
    ) -> list[OptionProbabilities]:
        """Return the mass of each option after each prompt; see `protocol.Engine.choose`."""
        if not self.facts.top:
            raise EngineError(f"The server of {self.facts.model} tells no probabilities of next tokens.")
        variants = await self._owned(self._chooser.tokenized(options))
        return await self._together([self._one(self._chooser.chosen(p, variants), caller) for p in prompts])

    async def embed(self, texts: Sequence[str], *, caller: Caller = ME) -> NDArray[np.float32]:
        """Refuse: a server for answers does not tell its states.

        Raises:
            EngineError: always.

        """
        raise EngineError(f"The server of {self.facts.model} does not tell the model's inner states.")

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Return ids that spell a text; the server tokenizes it when it is asked for what follows."""
        return self.vocabulary.words(text)

    def piece(self, token: int) -> bytes:
        """Return the raw bytes of a token id (for a special token, its name)."""
        return self.vocabulary.piece(token)

    def learn(self, pieces: Mapping[int, bytes]) -> None:
        """Remember what token ids of stored texts spell; see `protocol.TaughtEngine`."""
        self.vocabulary.learn(pieces)

    def count_tokens(self, prompt: Prompt) -> int:
        """Return how many tokens a prompt takes; estimated, rather too high, before the server was asked with it."""
        return self._wire.count(prompt)

    async def close(self) -> None:
        """End what is under way and close every connection."""
        self._closed = True
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._client.close()

    async def _draw(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        n: int,
        caller: Caller,
        events: asyncio.Queue[EngineEvent | None],
    ) -> None:
        tracing = Tracing(self.facts, self.vocabulary, sampling)
        drawing = Drawing(self._client, self.facts, self._wire, sampling)

        async def some(index: int, numbers: range) -> None:
            samples = [Sample(index, number, tracing, events.put_nowait) for number in numbers]
            async with self._gate.admitted(len(samples), caller, _waiting(events)):
                await drawing.all(prompts[index], samples)

        size = self._gate.size
        await self._together([
            some(index, range(start, min(start + size, n)))
            for index in range(len(prompts))
            for start in range(0, n, size)
        ])  # fmt: skip

    async def _one(self, call: Coroutine[Any, Any, T], caller: Caller) -> T:
        async with self._gate.admitted(1, caller, lambda position: None):
            return await call

    async def _together(self, calls: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
        """Await calls together; the first that fails ends the others, as does closing the engine."""
        tasks = [self._begin(call) for call in calls]
        try:
            return list(await asyncio.gather(*tasks))
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if self._closed and not (me and me.cancelling()):  # it is not the caller who was cancelled
                raise EngineError(CLOSED) from None
            raise
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _owned(self, call: Coroutine[Any, Any, T]) -> T:
        return (await self._together([call]))[0]

    def _begin(self, call: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(call)
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        return task

    def _raise(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            raise EngineError(CLOSED)
        task.result()

    def _check_open(self) -> None:
        if self._closed:
            raise EngineError(CLOSED)

    def _check_context(self, prompts: Sequence[Prompt], sampling: Sampling) -> None:
        # Only what cannot fit in any case: prompts are counted exactly by the server alone.
        limit = self.facts.context
        if limit and sampling.max_tokens >= limit:
            raise ContextOverflow(
                f"The answer may take {sampling.max_tokens:,} tokens, but {self._info.name} reads at most {limit:,} "
                "in all."
            )


def _waiting(events: asyncio.Queue[EngineEvent | None]) -> Callable[[int], None]:
    return lambda position: events.put_nowait(Queued(position))


def _record(client: Client, facts: Facts, vocabulary: Vocabulary) -> ModelRecord:
    ways = {
        "ids": "token ids", "message": "text prefixes, retokenised", "template": "text prefixes, retokenised",
        "none": "no prefixes",
    }  # fmt: skip
    return ModelRecord(
        id=facts.model,
        source=client.address.base,
        revision="",
        device="server",
        dtype="unknown",
        kernel=", ".join(filter(None, (facts.software, ways[facts.continues]))),
        tolerance=TOLERANCE,
        vocab_size=vocabulary.size,
        context_length=facts.context or UNKNOWN_CONTEXT,
    )
