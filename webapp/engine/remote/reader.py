"""What a server says of given tokens: their log-probabilities after a prompt, and what may come next."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from webapp.engine.protocol import Prompt, Sampling
from webapp.engine.remote.client import Client
from webapp.engine.remote.errors import unreadable
from webapp.engine.remote.facts import Facts
from webapp.engine.remote.ids_wire import IdsWire
from webapp.engine.remote.rows import Seen, seen
from webapp.engine.remote.vocabulary import Vocabulary
from webapp.engine.remote.wire import Ask, Wire


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks without drawing."""

    client: Client
    facts: Facts
    wire: Wire
    vocabulary: Vocabulary

    async def following(self, prompt: Prompt) -> tuple[dict[int, float], int]:
        """Return the most probable next tokens with their log-probabilities, and the length of the prompt.

        Raises:
            EngineError: where the server refuses, stays away, or answers with something else.

        """
        sampling = Sampling(temperature=1.0, max_tokens=1, alternatives=self.facts.top)
        path, body, tokens = await self.wire.request(Ask(prompt, (), 1, 0, 1, sampling))
        body.pop("stream_options", None)  # it is for streams
        answer = await self.client.ask(path, body)
        try:
            [part] = self.wire.parts(answer, stopping=False)
            [row, *_] = part.rows
            tokens = tokens or int((answer.get("usage") or {}).get("prompt_tokens") or 0)
            return dict(row.top), tokens
        except (KeyError, TypeError, ValueError, AttributeError):
            raise unreadable(self.client.address) from None

    async def given(self, ids: Sequence[int], start: int, top: int) -> list[Seen]:
        """Return what the server says of the tokens of a text from `start` on, of the model's own ids."""
        body: dict[str, Any] = {
            "model": self.facts.model, **self.facts.extras, "prompt": list(ids), "max_tokens": 1, "temperature": 0.0,
            "prompt_logprobs": top,
        }  # fmt: skip
        answer = await self.client.ask("/completions", body)
        try:
            told = answer["choices"][0]["prompt_logprobs"]
            if len(told) != len(ids):
                raise ValueError("not one entry a token")
            return [_row(ids[i], told[i]) for i in range(start, len(ids))]
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            raise unreadable(self.client.address) from None

    async def scored(self, wire: IdsWire, prompt: Prompt, said: Sequence[int], top: int) -> list[Seen]:
        """Return a row for each id that was said after a prompt; an id of our own gets the sum over its tokens."""
        if not said:
            return []
        before = await wire.ids(prompt)
        runs = [(own, run, await wire.resolved(run)) for own, run in self.vocabulary.stretches(said)]
        ids = [*before, *(token for _, _, resolved in runs for token in resolved)]
        rows = await self.given(ids, len(before), top)
        found: list[Seen] = []
        at = 0
        for own, run, resolved in runs:
            part = rows[at : at + len(resolved)]
            at += len(resolved)
            found += self._pooled(run, part) if own else part
        return found

    def _pooled(self, words: Sequence[int], rows: Sequence[Seen]) -> list[Seen]:
        """Give each word the log-probability of the tokens that end in it; a token may reach over its end."""
        ends = list(accumulate(len(self.vocabulary.piece(word)) for word in words))
        sums: list[float] = [math.nan] * len(words)
        size = 0
        for row in rows:
            size += len(self.vocabulary.piece(row.id))
            place = next((i for i, end in enumerate(ends) if size <= end), len(words) - 1)
            sums[place] = row.logprob if math.isnan(sums[place]) else sums[place] + row.logprob
        return [Seen(word, value) for word, value in zip(words, sums, strict=True)]

    async def whole(self, wire: IdsWire, prompt: Prompt, variants: Sequence[Sequence[int]]) -> list[float]:
        """Return the log-probability of each variant, read whole after a prompt."""
        before = await wire.ids(prompt)
        texts = await asyncio.gather(*(self.given([*before, *ids], len(before), 0) for ids in variants))
        return [sum(row.logprob for row in rows) for rows in texts]


def _row(token: int, told: dict[str, dict[str, Any]]) -> Seen:
    values = {int(i): float(entry["logprob"]) for i, entry in told.items()}
    return seen(token, values[token], values)
