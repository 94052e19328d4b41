"""The local engine: a transformers model behind the protocol, asked from the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from storage.trace import TokenTrace
from webapp.engine import latent, scoring
from webapp.engine.calls import CLOSED, Calls, tell
from webapp.engine.chat import Chat
from webapp.engine.checking import check
from webapp.engine.columns import Columns
from webapp.engine.device import Placement, in_passing, place
from webapp.engine.drive import driven
from webapp.engine.forward import Forward
from webapp.engine.graphs import Graphs
from webapp.engine.memory import budget, weight_bytes
from webapp.engine.opening import record_of, weights
from webapp.engine.pieces import Pieces
from webapp.engine.policies.settings import Policy
from webapp.engine.projection import Format, OutOfRange
from webapp.engine.protocol import (
    Caller,
    Capability,
    ContextOverflow,
    EngineError,
    EngineEvent,
    Generated,
    ModelInfo,
    OptionProbabilities,
    Prompt,
    Sampling,
    SteerEvent,
)
from webapp.engine.request import PromptIds, Request, Row
from webapp.engine.steering import Steering
from webapp.engine.stops import StopWatch
from webapp.engine.worker import Worker

ME = Caller()
CAPABILITIES: frozenset[Capability] = frozenset(
    {"generate", "continue", "score", "choose", "embed", "full_vocabulary", "top_k"}
)


class LocalEngine:
    """A decoder-only transformers model on this machine; see `protocol.Engine`."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        id: str,
        source: str = "",
        revision: str = "",
        max_batch: int = 0,
        format: Format = "plain",
        memory: int = 0,
    ) -> None:
        self.tokenizer = tokenizer
        self.pieces = Pieces(tokenizer)
        self.chat = Chat(tokenizer, model.generation_config)
        model.train(False).requires_grad_(False)
        slots = max_batch or (16 if model.device.type == "cpu" else 64)
        record = record_of(model, format, id, source, revision)
        parameters = sum(p.numel() for p in model.parameters())
        taken = weight_bytes(model, format)
        self._forward = driven(model, slots, format)
        self._memory = budget(memory, taken, self._forward.token_bytes, model.device)
        self._forward.prefixes.limit = self._memory.remembered
        record = replace(record, kernel=f"{record.kernel}, {self._forward.way}")
        self._info = ModelInfo(record, id.rsplit("/", 1)[-1], parameters, self._capabilities(), slots)
        self._worker = Worker(self._forward, slots, self._memory, self._graphs())
        self._calls = Calls(self._worker)

    @staticmethod
    def from_pretrained(
        folder: Path | str,
        *,
        id: str = "",
        source: str = "",
        revision: str = "",
        device: str = "auto",
        dtype: str = "auto",
        threads: int = 0,
        max_batch: int = 0,
        memory: int = 0,
    ) -> LocalEngine:
        """Load a transformers folder; "auto" and 0 leave device, dtype, threads, batch and memory to the engine.

        `memory` is how many bytes weights and caches may take together.

        Raises:
            EngineError: when the weights take more than that.

        """
        make = partial(
            LocalEngine,
            id=id or Path(folder).name,
            source=source,
            revision=revision,
            max_batch=max_batch,
            memory=memory,
        )
        return in_passing(lambda: _opened(folder, device, dtype, threads, make))

    @property
    def info(self) -> ModelInfo:
        """What is known of the model."""
        return self._info

    async def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling, *, n: int = 1, caller: Caller = ME
    ) -> AsyncIterator[EngineEvent]:
        """Draw n samples of every prompt; see `protocol.Engine.generate`."""
        check(sampling, n)
        self._check_open()
        loop, events = asyncio.get_running_loop(), asyncio.Queue[EngineEvent | Exception]()
        request = Request(
            prompts=await self._asked(prompts),
            sampling=sampling,
            n=n,
            caller=caller,
            emit=lambda event: tell(loop, events.put_nowait, event),
        )
        self._check_context(request.prompts, sampling)
        self._memory.refuse(request.longest, self._memory.running)
        rows = self._rows(request)
        left = len(rows)
        if left:
            self._calls.put(lambda: self._worker.submit(request, rows))
        try:
            while left:
                event = await events.get()
                if isinstance(event, Exception):
                    raise event
                left -= isinstance(event, Generated)
                yield event
        finally:
            request.cancelled = True
            self._worker.put(lambda: None)  # wakes the thread

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
        ids = await asyncio.to_thread(self._ids, prompts)
        pairs = list(zip(ids, map(tuple, continuations), strict=True))
        self._check_length([len(prompt) + len(said) for prompt, said in pairs])
        return await self._calls.ask_all(
            [partial(scoring.score, self._forward, self.pieces, *pair, alternatives) for pair in pairs], caller
        )

    async def logits(
        self, prompt: Prompt, said: Sequence[int], start: int, stop: int, *, caller: Caller = ME
    ) -> NDArray[np.float32]:
        """Return the logits that predict some of the tokens said after a prompt; see `protocol.OpenEngine.logits`."""
        [ids] = await asyncio.to_thread(self._ids, [prompt])
        self._check_length([len(ids) + stop])
        job = partial(scoring.logits, self._forward, ids, tuple(said), start, stop)
        [rows] = await self._calls.ask_all([job], caller)
        return rows

    async def choose(
        self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]], *, caller: Caller = ME
    ) -> list[OptionProbabilities]:
        """Return the mass of each option after each prompt; see `protocol.Engine.choose`."""
        variants = await asyncio.to_thread(lambda: [{v: self.tokenize(v) for v in option} for option in options])
        if not variants or not all(option and all(option.values()) for option in variants):
            raise EngineError("An option to choose from is empty; give each at least one character.")
        ids = await asyncio.to_thread(self._ids, prompts)
        longest = max(len(v) for option in variants for v in option.values())
        self._check_length([len(prompt) + longest for prompt in ids])
        return await self._calls.ask_all([partial(scoring.choose, self._forward, p, variants) for p in ids], caller)

    async def embed(self, texts: Sequence[str], *, caller: Caller = ME) -> NDArray[np.float32]:
        """Return [N, D] mean-pooled last hidden states."""
        ids = await asyncio.to_thread(lambda: [self.chat.text_ids(t, special=True) or (0,) for t in texts])
        self._check_length([len(text) for text in ids])
        means = await self._calls.ask_all([partial(scoring.embed, self._forward, text) for text in ids], caller)
        width = self._forward.width
        return np.stack(means) if means else np.zeros((0, width), np.float32)

    async def hidden(self, prompts: Sequence[Prompt], *, layer: int, caller: Caller = ME) -> NDArray[np.float32]:
        """Return [N, D] the last token's state after so many layers; see `protocol.SteerableEngine`."""
        forward = self._looked_into()
        if not -1 <= layer <= forward.layers:
            raise EngineError(f"This model has {forward.layers} layers, so there is no state after layer {layer}.")
        ids = await self._prompt_ids(prompts)
        states = await self._calls.ask_all([partial(latent.hidden, forward, p, layer) for p in ids], caller)
        return np.stack(states) if states else np.zeros((0, forward.width), np.float32)

    async def lens(
        self,
        prompts: Sequence[Prompt],
        options: Sequence[Sequence[str]],
        *,
        head: tuple[int, int] | None = None,
        caller: Caller = ME,
    ) -> NDArray[np.float64]:
        """Return [N, L + 1, options] what each layer would answer; see `protocol.SteerableEngine`."""
        forward = self._looked_into()
        if head is not None and not (0 <= head[0] < forward.layers and 0 <= head[1] < forward.heads):
            raise EngineError(f"This model has {forward.layers} layers of {forward.heads} heads, so no head {head}.")
        tokens = [[self._single(variant) for variant in option] for option in options]
        ids = await self._prompt_ids(prompts)
        masses = await self._calls.ask_all([partial(latent.lens, forward, p, tokens, head) for p in ids], caller)
        return np.stack(masses) if masses else np.zeros((0, forward.layers + 1, len(options)))

    async def steer(
        self, prompts: Sequence[Prompt], policy: Policy, sampling: Sampling, *, n: int = 1, caller: Caller = ME
    ) -> AsyncIterator[SteerEvent]:
        """Draw n samples of one text as a policy says; see `protocol.SteerableEngine`."""
        check(sampling, n)
        if not isinstance(self._forward, Forward):
            raise EngineError("This engine cannot steer a model that it drives the slow way.")
        asked = await self._asked(prompts)
        self._check_context(asked, sampling)
        stop = partial(self._stop_watch, sampling)
        call = Steering(self._forward, self._memory, self.pieces, asked, policy, sampling, n, stop)
        call.check()
        events = self._calls.follow(call.passes, caller, call.holds)
        async with aclosing(cast(AsyncGenerator[SteerEvent, None], events)) as stream:
            async for event in stream:
                yield event

    def tokenize(self, text: str) -> tuple[int, ...]:
        """Return the token ids of text inside an assistant message."""
        return self.chat.text_ids(text)

    def piece(self, token: int) -> bytes:
        """Return the raw bytes of a token id (for a special token, its name)."""
        return self.pieces[token]

    def count_tokens(self, prompt: Prompt) -> int:
        """Return how many tokens a prompt takes, template and prefix included."""
        return len(self.chat.ids(prompt))

    async def close(self) -> None:
        """Stop the model's thread; requests in flight end with EngineError."""
        await asyncio.to_thread(self._worker.close)

    def _graphs(self) -> Graphs | None:
        """Return captured steps where launching kernels one by one would take longer than running them."""
        own = self._own_layers
        return Graphs(own, capture=True) if own is not None and own.device.type == "cuda" else None

    def _capabilities(self) -> frozenset[Capability]:
        absent: set[Capability] = set() if self._forward.embeds else {"embed"}
        more: set[Capability] = {"chat"} if self.chat.has_template else set()
        if self._own_layers is not None:
            more.add("hidden")
        if isinstance(self._forward, Forward):
            more |= {"steer", "gradient", "vectors"} if self._forward.reads_vectors else {"steer", "gradient"}
        return CAPABILITIES - absent | more

    @property
    def _own_layers(self) -> Forward | None:
        forward = self._forward
        return forward if isinstance(forward, Forward) and forward.written_out else None

    def _looked_into(self) -> Forward:
        if self._own_layers is not None:
            return self._own_layers
        raise EngineError("This engine cannot look into a model of this kind; pick a Llama, Mistral or Qwen model.")

    def _single(self, variant: str) -> int:
        ids = self.tokenize(variant)
        if len(ids) != 1:
            raise EngineError(f"{variant!r} is {len(ids)} tokens for this model; what a layer says is read of one.")
        return ids[0]

    async def _prompt_ids(self, prompts: Sequence[Prompt]) -> list[tuple[int, ...]]:
        ids = await asyncio.to_thread(self._ids, prompts)
        self._check_length([len(prompt) for prompt in ids])
        return ids

    def _ids(self, prompts: Sequence[Prompt]) -> list[tuple[int, ...]]:
        return [self.chat.ids(prompt) for prompt in prompts]

    async def _asked(self, prompts: Sequence[Prompt]) -> list[PromptIds]:
        rendered = await asyncio.to_thread(self._ids, prompts)
        return [PromptIds(ids, len(p.prefix)) for p, ids in zip(prompts, rendered, strict=True)]

    def _stop_watch(self, sampling: Sampling) -> StopWatch:
        return StopWatch(self.chat.end_ids, (*sampling.stop, *self.chat.stop), sampling.max_tokens)

    def _rows(self, request: Request) -> list[Row]:
        return [
            Row(
                request, p, sample,
                Columns(self.pieces, self.info.record.vocab_size, request.sampling.temperature_grid),
                self._stop_watch(request.sampling),
            )
            for p in range(len(request.prompts))
            for sample in range(request.n)
        ]  # fmt: skip

    def _check_context(self, prompts: Sequence[PromptIds], sampling: Sampling) -> None:
        limit = self.info.record.context_length
        longest = max((len(p.ids) for p in prompts), default=0)
        if longest + sampling.max_tokens > limit:
            raise ContextOverflow(
                f"The prompt takes {longest:,} tokens; with {sampling.max_tokens:,} new ones that is more "
                f"than the {limit:,} this model can read."
            )

    def _check_length(self, lengths: Sequence[int]) -> None:
        limit, longest = self.info.record.context_length, max(lengths, default=0)
        if longest > limit:
            raise ContextOverflow(f"The text takes {longest:,} tokens, more than the {limit:,} this model can read.")
        self._memory.refuse(longest, self._memory.scored)

    def _check_open(self) -> None:
        if self._worker.closed:
            raise EngineError(CLOSED)


def _opened(
    folder: Path | str, device: str, dtype: str, threads: int, make: Callable[..., LocalEngine]
) -> LocalEngine:
    where = place(device, dtype, threads)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    try:
        return make(weights(folder, where), tokenizer, format=where.format)
    except OutOfRange:
        if dtype != "auto":
            raise
        return make(weights(folder, Placement(where.device, torch.float32)), tokenizer)
