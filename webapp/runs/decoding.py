"""What truncation rules would have kept at any token of a stored text.

The text is read again by the model that wrote it, where that is loaded: the whole distribution is known then, at any
temperature. Else what was stored of the likeliest tokens has to do, at temperature 1.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from storage.records import Generation, Person
from storage.trace import TokenTrace
from webapp.analysis.truncation import Distribution, Rules, kept_along
from webapp.engine.protocol import Caller, Engine, EngineError, OpenEngine, Prompt
from webapp.runs.branch import same_model
from webapp.runs.calls import prompt_of
from webapp.runs.engines import EngineHub, ModelNotReady
from webapp.runs.inspection import Along, Inspection, stored, stored_along, whole
from webapp.runs.library import LibraryService, Text
from webapp.runs.request import BadRequest

BLOCK = 64  # positions whose whole distributions are held at once

NO_TOKENS = "The tokens of this text are not stored, so what could have stood in their place is not known."
NOT_DRAWN = (
    "Nothing is stored of what the model would have drawn here. Load {model}, which wrote this text, to see it."
)
REST = "only the {count} likeliest tokens of the distribution are stored, at temperature 1, and the rest is unknown."
OTHER_MODEL = f"This text was written by {{model}}, which is not loaded now: {REST}"
CLOSED = f"This model does not tell whole distributions: {REST}"
SOFT = f"Parts of this text were read as mixtures of tokens, which a second reading cannot repeat: {REST}"


class _Again(NamedTuple):
    """How to read a text again: what it answers, all that was said, and how much of that stands before its trace."""

    engine: OpenEngine
    prompt: Prompt
    said: list[int]
    before: int
    caller: Caller

    async def logits(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return [stop - start, V] the logits that predict some tokens of the trace."""
        try:
            return await self.engine.logits(
                self.prompt, self.said, self.before + start, self.before + stop, caller=self.caller
            )
        except EngineError as error:
            raise BadRequest(str(error)) from error


class Decoding:
    """Looks into stored texts with the model that is loaded."""

    def __init__(self, library: LibraryService, hub: EngineHub) -> None:
        self._library = library
        self._hub = hub

    async def at(
        self, text_id: str, index: int, temperature: float | None, rules: Rules, *, person: Person
    ) -> Inspection:
        """Return what each rule keeps at a token; without a temperature, at the one the text was drawn with.

        Raises:
            BadRequest: with a sentence, when there is no such token or nothing is known of it.

        """
        text, trace = await self._text(text_id, person)
        if not 0 <= index < len(trace):
            raise BadRequest(f"The text has {len(trace)} tokens; there is no token {index}.")
        async with self._reading(text, trace, person.id) as (again, why):
            if again is not None:
                [logits] = await again.logits(index, index + 1)
                warm = _temperature(text.generation, temperature)
                return await asyncio.to_thread(whole, trace, index, logits, warm, rules, again.engine.piece)
        if (found := stored(trace, index, rules, why)) is None:
            raise BadRequest(NOT_DRAWN.format(model=text.run.model.id))
        return found

    async def along(self, text_id: str, temperature: float | None, rules: Rules, *, person: Person) -> Along:
        """Return how many tokens each rule keeps along a text.

        Raises:
            BadRequest: with a sentence, when there is no such text.

        """
        text, trace = await self._text(text_id, person)
        async with self._reading(text, trace, person.id) as (again, why):
            if again is not None:
                return await _along(again, len(trace), _temperature(text.generation, temperature), rules)
        return await asyncio.to_thread(stored_along, trace, rules, why)

    async def _text(self, text_id: str, person: Person) -> tuple[Text, TokenTrace]:
        text = await self._library.of(person).text(text_id)
        if text is None:
            raise BadRequest("That text is not stored (yet), so its tokens cannot be looked into.")
        if text.trace is None or not len(text.trace):
            raise BadRequest(NO_TOKENS)
        return text, text.trace

    @asynccontextmanager
    async def _reading(self, text: Text, trace: TokenTrace, person: str) -> AsyncIterator[tuple[_Again | None, str]]:
        """Hold the engine while a text is read again; None with the reason where it cannot be."""
        count = 0 if trace.top_ids is None else trace.top_ids.shape[1]
        try:
            self._hub.engine()
        except ModelNotReady:
            yield None, OTHER_MODEL.format(model=text.run.model.id, count=count)
            return
        async with self._hub.using() as engine:
            why = _unreadable(text, engine)
            if isinstance(engine, OpenEngine) and not why:
                yield _again(text.generation, trace, engine, person), ""
            else:
                yield None, (why or CLOSED).format(model=text.run.model.id, count=count)


def _unreadable(text: Text, engine: Engine) -> str:
    """Return why a text cannot be read again, empty where it can."""
    if not same_model(text.run.model, engine.info.record):
        return OTHER_MODEL
    return SOFT if any(span.origin == "soft" for span in text.generation.spans) else ""


def _again(generation: Generation, trace: TokenTrace, engine: OpenEngine, person: str) -> _Again:
    said, prefix = trace.ids.tolist(), list(generation.prefix)
    begun = [] if said[: len(prefix)] == prefix else prefix
    return _Again(engine, prompt_of(generation), [*begun, *said], len(begun), Caller(person))


def _temperature(generation: Generation, asked: float | None) -> float:
    """Return the temperature to show: a greedy text is shown at 1."""
    return float(asked or generation.sampling.get("temperature") or 1.0)


async def _along(again: _Again, length: int, temperature: float, rules: Rules) -> Along:
    """Read a text again block by block, so that few whole distributions are held at once."""
    found = Along(temperature, "", {}, [])
    for start in range(0, length, BLOCK):
        logits = await again.logits(start, min(start + BLOCK, length))
        kept, entropies = await asyncio.to_thread(_block, logits, temperature, rules)
        for name, counts in kept.items():
            found.kept.setdefault(name, []).extend(counts)
        found.entropy.extend(entropies)
    return found


def _block(
    logits: NDArray[np.float32], temperature: float, rules: Rules
) -> tuple[dict[str, list[int | None]], list[float | None]]:
    rows = [Distribution.of(each, temperature) for each in logits]
    return kept_along(rows, rules), [d.entropy for d in rows]
