"""Draws the samples of one prompt: asks, follows the stream, and goes on where a stream broke off."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, cast

from webapp.engine.protocol import EngineGone, Prompt, Sampling
from webapp.engine.remote.client import Client
from webapp.engine.remote.errors import Transient, unreadable
from webapp.engine.remote.facts import Facts
from webapp.engine.remote.sample import Sample
from webapp.engine.remote.wire import Ask, Part, Wire, seed_of


@dataclass(frozen=True, slots=True)
class Drawing:
    """Asks one server for the texts of one call."""

    client: Client
    facts: Facts
    wire: Wire
    sampling: Sampling

    async def all(self, prompt: Prompt, samples: Sequence[Sample]) -> None:
        """Draw samples of a prompt, together where the server draws several; returns when all have ended.

        Raises:
            EngineError: where the server refuses, or when it stays away.

        """
        together = self.facts.many and self.sampling.temperature > 0  # greedy ones are refused together by some
        groups = [samples] if together else [[sample] for sample in samples]
        await _each(self._finish(prompt, group) for group in groups)

    async def _finish(self, prompt: Prompt, samples: Sequence[Sample]) -> None:
        failures = 0
        while left := [sample for sample in samples if not sample.done]:
            before = sum(len(sample.rows) for sample in left)
            try:
                await self._once(prompt, left)
            except Transient as trouble:
                further = sum(len(sample.rows) for sample in left) > before
                failures = 1 if further else failures + 1
                if failures >= self.client.patience.attempts:
                    raise
                self._check_begun(left, trouble)
                await asyncio.sleep(self.client.patience.delay(failures, trouble.wait))

    async def _once(self, prompt: Prompt, samples: Sequence[Sample]) -> None:
        """Ask once: for all in one request while none has begun, else for the rest of each."""
        numbers = [sample.number for sample in samples]
        if numbers == list(range(numbers[0], numbers[0] + len(numbers))) and not any(s.rows for s in samples):
            await self._follow(prompt, samples)
        else:
            await _each(self._follow(prompt, [sample]) for sample in samples)

    async def _follow(self, prompt: Prompt, samples: Sequence[Sample]) -> None:
        first = samples[0]
        said = tuple(row.id for row in first.rows)
        seed = seed_of(self.sampling, len(prompt.prefix) + len(said)) + first.number
        ask = Ask(prompt, said, len(samples), seed, first.left, self.sampling)
        path, body, prompt_tokens = await self.wire.request(ask)
        for sample in samples:
            sample.prompt_tokens = sample.prompt_tokens or prompt_tokens
            sample.again()
        ends: dict[int, Part] = {}  # told once it is known how long the prompt was, which comes last
        try:
            async with aclosing(cast(Any, self.client.stream(path, body))) as chunks:
                async for chunk in chunks:
                    self._take(chunk, samples, ends)
                    if all(sample.done for sample in samples):
                        return
        finally:
            _end(samples, ends)
        if not all(sample.done for sample in samples):
            raise Transient(f"{self.client.address.base} broke off in the middle of an answer.")

    def _take(self, chunk: dict[str, Any], samples: Sequence[Sample], ends: dict[int, Part]) -> None:
        try:
            parts = list(self.wire.parts(chunk, bool(self.sampling.stop)))
            told: list[tuple[Sample, Part]] = [(samples[part.index], part) for part in parts]
            usage = chunk.get("usage") or {}
            prompt_tokens = int(usage.get("prompt_tokens") or 0)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            raise unreadable(self.client.address) from None
        for sample in samples:
            sample.prompt_tokens = sample.prompt_tokens or prompt_tokens
        for sample, part in told:
            if part.end is not None and self.facts.usage and not sample.prompt_tokens:
                ends[part.index] = Part(part.index, end=part.end)
                part = replace(part, end=None)
            sample.take(part)
        if prompt_tokens:
            _end(samples, ends)

    def _check_begun(self, samples: Sequence[Sample], trouble: Transient) -> None:
        """Give up on texts that have begun where the server cannot go on with them: none is ever told twice."""
        if self.facts.continues == "none" and any(sample.rows and not sample.done for sample in samples):
            raise EngineGone(f"{trouble} It cannot go on with a text that has begun.") from trouble


def _end(samples: Sequence[Sample], ends: dict[int, Part]) -> None:
    for index, part in ends.items():
        samples[index].take(part)
    ends.clear()


async def _each(calls: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Await calls together; when one fails the others go on, and then it is said.

    Raises:
        EngineError: what one failed with; that of one that cannot be helped, if there is any.

    """
    results = await asyncio.gather(*calls, return_exceptions=True)
    failed = [result for result in results if isinstance(result, BaseException)]
    for failure in sorted(failed, key=lambda each: isinstance(each, Transient)):
        raise failure
