"""Prompts and answers as token ids, through completions: exact, and what vLLM offers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from webapp.engine.plain import begins_with_system, encodable, plain, without_system
from webapp.engine.protocol import EngineError, Message, Prompt
from webapp.engine.remote.client import Client
from webapp.engine.remote.errors import Refused
from webapp.engine.remote.facts import Facts
from webapp.engine.remote.reading import tokenized
from webapp.engine.remote.remembered import Remembered
from webapp.engine.remote.rows import Seen, seen
from webapp.engine.remote.vocabulary import Vocabulary
from webapp.engine.remote.wire import Ask, Part, drawing, ending, estimate, sent_stops

MARK = "token_id:"


class IdsWire:
    """Renders and tokenizes with the server's own template and tokenizer, and remembers what came of it."""

    def __init__(self, client: Client, facts: Facts, vocabulary: Vocabulary) -> None:
        self._client = client
        self._facts = facts
        self._vocabulary = vocabulary
        self._rendered: Remembered[tuple[Message, ...], tuple[int, ...]] = Remembered(self._render)
        self._texts: Remembered[str, tuple[int, ...]] = Remembered(self._tokenize)

    async def request(self, ask: Ask) -> tuple[str, dict[str, Any], int]:
        """Return what to ask of completions; see `wire.Wire`."""
        ids = (*await self.ids(ask.prompt), *ask.said)
        body = drawing(ask, self._facts) | {
            "prompt": ids,
            "stop": sent_stops(ask.sampling, self._facts),
        }
        body |= {"return_token_ids": True}
        if self._facts.logprobs:
            body |= {"logprobs": min(ask.sampling.alternatives, self._facts.top), "return_tokens_as_token_ids": True}
        return "/completions", body, len(ids) - len(ask.said)

    def parts(self, chunk: dict[str, Any], stopping: bool) -> Iterator[Part]:
        """Yield what a piece of a completion says; see `wire.Wire`."""
        for choice in chunk["choices"]:
            ids = choice.get("token_ids") or []
            told = choice.get("logprobs") or {}
            chosen: Sequence[float | None] = told.get("token_logprobs") or [None] * len(ids)
            tops: Sequence[dict[str, float] | None] = told.get("top_logprobs") or [None] * len(ids)
            rows = [_row(*each) for each in zip(ids, chosen, tops, strict=True)]
            yield Part(int(choice["index"]), tuple(rows), ending(choice, stopping))

    def count(self, prompt: Prompt) -> int:
        """Return how many tokens a prompt takes; what was never tokenized is estimated."""
        rendered = self._rendered.known(prompt.messages)
        runs = self._vocabulary.stretches(prompt.prefix)
        begun = sum(self._length(run) if own else len(run) for own, run in runs)
        return begun + (estimate(prompt.messages) if rendered is None else len(rendered))

    async def ids(self, prompt: Prompt) -> tuple[int, ...]:
        """Return the token ids of the rendered messages, the opened assistant message and its beginning.

        Raises:
            EngineError: where the server refuses the conversation or cannot be reached.

        """
        return (*await self._rendered.get(prompt.messages), *await self.resolved(prompt.prefix))

    async def resolved(self, ids: Sequence[int]) -> tuple[int, ...]:
        """Return ids of the model only: what ids of our own spell is tokenized by the server."""
        runs = list(self._vocabulary.stretches(ids))
        parts = await asyncio.gather(*(self._run(*run) for run in runs))
        return tuple(token for part in parts for token in part)

    async def text_ids(self, text: str) -> tuple[int, ...]:
        """Return the token ids of a text as it stands inside an assistant message."""
        return await self._texts.get(text)

    def _length(self, own: tuple[int, ...]) -> int:
        known = self._texts.known(self._vocabulary.text(own))
        return len(own if known is None else known)

    async def _run(self, own: bool, ids: tuple[int, ...]) -> tuple[int, ...]:
        return await self.text_ids(self._vocabulary.text(ids)) if own else ids

    async def _tokenize(self, text: str, special: bool = False) -> tuple[int, ...]:
        body = {"model": self._facts.model, "prompt": encodable(text), "add_special_tokens": special}
        return tuple((await tokenized(self._client, body))[0])

    async def _render(self, messages: tuple[Message, ...]) -> tuple[int, ...]:
        if not self._facts.template:
            return await self._tokenize(plain(messages), special=True)
        try:
            return await self._templated(messages)
        except Refused as refusal:  # a template is the model author's code, and refuses what it likes
            if begins_with_system(messages):
                return await self._templated(without_system(messages))
            raise EngineError(f"The model's chat template refuses this conversation. {refusal}") from refusal

    async def _templated(self, messages: tuple[Message, ...]) -> tuple[int, ...]:
        turns = [{"role": m.role, "content": encodable(m.content)} for m in messages]
        body = {"model": self._facts.model, "messages": turns, "add_generation_prompt": True}
        return tuple((await tokenized(self._client, body))[0])


def _row(token: int, logprob: float | None, top: dict[str, float] | None) -> Seen:
    return seen(int(token), logprob, {token_id(name): float(value) for name, value in (top or {}).items()})


def token_id(name: str) -> int:
    """Read `token_id:7`."""
    return int(name.removeprefix(MARK))
