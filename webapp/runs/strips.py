"""The entropies of two stored texts under each other, aligned by their words."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np

from webapp.analysis.aligned import Column, Word, aligned, words_of
from webapp.runs.library import Library, Text
from webapp.runs.request import BadRequest

MOST = 3000  # columns that are shown: each is several elements of the page
GONE = "There is no such text here; its run may have been deleted."
NO_TOKENS = "The tokens of one of these texts are not stored, so its entropies are not known."
UNKNOWN = "The entropies of one of these texts are not known."


@dataclass(frozen=True, slots=True)
class Strips:
    """Two texts as columns of words with their largest entropy in nats.

    Attributes:
        columns: at most `MOST`.
        total: how many there are.
        lower_bound: whether entropies are at least so large, as a server told only the likeliest tokens.

    """

    columns: tuple[Column, ...]
    total: int
    lower_bound: bool


async def strips(library: Library, first: str, second: str) -> Strips:
    """Return two stored texts aligned by their words.

    Raises:
        BadRequest: where one is not there, or its entropies are not known.

    """
    a, b = await _text(library, first), await _text(library, second)
    return await asyncio.to_thread(_strips, a, b)


async def _text(library: Library, key: str) -> Text:
    text = await library.text(key)
    if text is None or text.run.deleted_at is not None:
        raise BadRequest(GONE)
    return text


def _strips(a: Text, b: Text) -> Strips:
    columns = aligned(_words(a), _words(b))
    bound = any(each.trace is not None and each.trace.entropy_is_lower_bound for each in (a, b))
    return Strips(tuple(columns[:MOST]), len(columns), bound)


def _words(text: Text) -> list[Word]:
    trace = text.trace
    if trace is None:
        raise BadRequest(NO_TOKENS)
    if trace.entropy is None or np.isnan(trace.entropy).all():
        raise BadRequest(UNKNOWN)
    return words_of(text.generation.text, trace.offsets(), trace.entropy)
