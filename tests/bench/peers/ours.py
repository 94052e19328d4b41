"""Our engine, through the protocol that the program uses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from tests.bench.peers.side import ALTERNATIVES, TEMPERATURE, Side, Step, Texts
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import Caller, Generated, Prompt, Sampling, TokenBatch
from webapp.methods.p_true import FALSE, TRUE

ME = Caller()


class Ours(Side):
    """Full-vocabulary signals with every token."""

    name = "ours"

    def __init__(self, engine: LocalEngine) -> None:
        engine.chat.end_ids = frozenset()
        self.engine = engine
        record, slots = engine.info.record, engine.info.max_batch
        self.about = f"{record.dtype} on {record.device}, {record.kernel}, {slots} slots; full-vocabulary entropy"

    async def texts(self, prompts: Sequence[Prompt], n: int, tokens: int) -> Texts:
        return await self._draw(prompts, n, tokens)

    async def judge(self, prompts: Sequence[Prompt]) -> list[float | None]:
        return [chosen.probabilities[0] for chosen in await self.engine.choose(prompts, (TRUE, FALSE))]

    async def judge_apart(self, prompts: Sequence[Prompt]) -> list[float | None]:
        """Ask for one judgement after the other."""
        return [value for prompt in prompts for value in await self.judge([prompt])]

    async def first_token(self, prompt: Prompt) -> None:
        """Return when the first token has arrived."""
        sampling = Sampling(temperature=TEMPERATURE, max_tokens=1, alternatives=ALTERNATIVES)
        async with aclosing(self.engine.generate([prompt], sampling)) as stream:  # type: ignore[type-var]
            async for event in stream:
                if isinstance(event, TokenBatch):
                    return

    async def two_people(self, first: Prompt, second: Prompt, n: int, tokens: int) -> None:
        await asyncio.gather(
            self._draw([first], n, tokens, caller=Caller("first")),
            self._draw([second], n, tokens, caller=Caller("second")),
        )

    async def chains(self, prompt: Prompt, n: int, tokens: int, steps: Sequence[Step]) -> None:
        """Let each branch go on as soon as it can, as methods do."""

        async def go_on(branch: int, draft: str) -> None:
            said = [draft]
            for round, step in enumerate(steps, 1):
                said += await self._draw([step(said)], 1, tokens, label=f"round-{round}", first=branch)

        drafts = await self.texts([prompt], n, tokens)
        await asyncio.gather(*(go_on(branch, draft) for branch, draft in enumerate(drafts)))

    async def close(self) -> None:
        await self.engine.close()

    async def _draw(
        self,
        prompts: Sequence[Prompt],
        n: int,
        tokens: int,
        *,
        caller: Caller = ME,
        label: str = "draft",
        first: int = 0,
    ) -> Texts:
        sampling = Sampling(
            temperature=TEMPERATURE, max_tokens=tokens, alternatives=ALTERNATIVES, label=label, first_sample=first
        )
        events = self.engine.generate(prompts, sampling, n=n, caller=caller)
        done = [event async for event in events if isinstance(event, Generated)]
        _check_traces(done, len(prompts) * n, tokens)
        return [sample.text for sample in sorted(done, key=lambda sample: (sample.prompt, sample.sample))]


def _check_traces(done: Sequence[Generated], count: int, tokens: int) -> None:
    """Make sure that all that is measured was done."""
    assert len(done) == count
    for sample in done:
        assert len(sample.trace) == tokens
        assert sample.trace.entropy is not None
        assert sample.trace.top_ids is not None and sample.trace.top_ids.shape == (tokens, ALTERNATIVES)
