"""Which of some options comes next: from the most probable next tokens, else by reading each option whole."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from webapp.engine.plain import encodable
from webapp.engine.protocol import EngineError, OptionProbabilities, Prompt
from webapp.engine.remote.ids_wire import IdsWire
from webapp.engine.remote.reader import Reader
from webapp.engine.variants import distinct

Options = Sequence[Mapping[str, tuple[int, ...]]]


@dataclass(frozen=True, slots=True)
class Chooser:
    """Gives each option its mass.

    A variant of one token that is not among the most probable ones, and every longer one, is read whole where the
    server scores texts; where it does not, its mass is left out, and the captured mass says so.
    """

    reader: Reader

    async def tokenized(self, options: Sequence[Sequence[str]]) -> list[dict[str, tuple[int, ...]]]:
        """Return the ids of every variant; as the server tokenizes it where it tells, else one id of our own.

        Raises:
            EngineError: for an option without a character.

        """
        if not options or not all(option and all(option) for option in options):
            raise EngineError("An option to choose from is empty; give each at least one character.")
        return [distinct({variant: await self._ids(variant) for variant in option}) for option in options]

    async def chosen(self, prompt: Prompt, options: Options) -> OptionProbabilities:
        """Return the masses after one prompt."""
        began = time.monotonic()
        following, tokens = await self.reader.following(prompt)
        each = [(text, ids) for option in options for text, ids in option.items()]
        near = [following.get(ids[0]) if len(ids) == 1 else None for _, ids in each]
        missing = [ids for (_, ids), value in zip(each, near, strict=True) if value is None]
        far = iter(await self._whole(prompt, missing))
        values = iter([next(far) if value is None else value for value in near])
        variants = tuple(tuple((text, math.exp(next(values))) for text in option) for option in options)
        return OptionProbabilities(
            options=tuple(next(iter(option)) for option in options),
            masses=tuple(sum(mass for _, mass in option) for option in variants),
            variants=variants,
            prompt_tokens=tokens,
            seconds=time.monotonic() - began,
        )

    async def all(self, prompts: Sequence[Prompt], options: Sequence[Sequence[str]]) -> list[OptionProbabilities]:
        """Return the masses after every prompt."""
        known = await self.tokenized(options)
        return list(await asyncio.gather(*(self.chosen(prompt, known) for prompt in prompts)))

    async def _ids(self, variant: str) -> tuple[int, ...]:
        wire = self.reader.wire
        if isinstance(wire, IdsWire):
            return await wire.text_ids(variant)
        return (self.reader.vocabulary.own(encodable(variant).encode()),)

    async def _whole(self, prompt: Prompt, variants: Sequence[tuple[int, ...]]) -> list[float]:
        wire = self.reader.wire
        if isinstance(wire, IdsWire) and self.reader.facts.scores and variants:
            return await self.reader.whole(wire, prompt, variants)
        return [-math.inf] * len(variants)
