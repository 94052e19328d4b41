"""What methods read from the token traces of samples, and how they record a number about each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeAlias

from storage.records import Generation
from storage.trace import TokenTrace
from webapp.methods.interface import CannotGoOn, RunContext

Measure: TypeAlias = Callable[[TokenTrace], float | None]


def measured(run: RunContext, texts: Sequence[Generation], measure: Measure) -> list[float | None]:
    """Return a measure of every text, None where its trace does not give it."""
    # A text that was taken over without a token trace has no summary of one either.
    return [None if text.summary is None else measure(run.trace(text)) for text in texts]


def known(run: RunContext, texts: Sequence[Generation], measure: Measure, called: str) -> list[float]:
    """Return a measure of every text.

    Raises:
        CannotGoOn: if a trace does not give it, naming the samples.

    """
    values = measured(run, texts, measure)
    missing = [str(text.branch + 1) for text, value in zip(texts, values, strict=True) if value is None]
    if missing:
        raise CannotGoOn(
            f"The {called} of sample {', '.join(missing)} is not known: what is stored of the tokens does not give "
            "it. Draw samples with a model that tells it for every token, or choose another method."
        )
    return [value for value in values if value is not None]


async def record_each(
    run: RunContext, name: str, texts: Sequence[Generation], values: Sequence[float | None], how: str
) -> None:
    """Keep a number about every text, in their order."""
    recordings = (run.record_score(name, v, how=how, about=t) for t, v in zip(texts, values, strict=True))
    await asyncio.gather(*recordings)


def by_branch(texts: Sequence[Generation], values: Sequence[float]) -> dict[int, float]:
    """Return the values by the branches of the texts."""
    return {text.branch: value for text, value in zip(texts, values, strict=True)}
