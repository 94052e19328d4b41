"""Where the sentences of a text come from: the source that shares most of their words in sequence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_SENTENCE = re.compile(r"[^\n.!?]+(?:[.!?](?!\s|$)[^\n.!?]*)*[.!?]*")
_WORD = re.compile(r"\w+")
PAIR = 2  # words in a row


class Nearest(NamedTuple):
    """A sentence of a text and its nearest source.

    `start` and `end` are UTF-8 bytes of the text. `source` is None where no source shares two words in a row with
    it; `overlap` is the share of the sentence's word pairs that stand in the source too.
    """

    start: int
    end: int
    source: int | None
    overlap: float


def attributed(text: str, sources: Sequence[str]) -> list[Nearest]:
    """Return the nearest source of every sentence of a text; of equally near ones the first."""
    known = [_pairs(source) for source in sources]
    found = (_stripped(match) for match in _SENTENCE.finditer(text))
    return [_nearest(text, start, end, known) for start, end in found if _WORD.search(text, start, end)]


def _nearest(text: str, start: int, end: int, known: Sequence[set[tuple[str, ...]]]) -> Nearest:
    pairs = _pairs(text[start:end])
    shares = [len(pairs & source) / len(pairs) for source in known]
    top = max(shares, default=0.0)
    before = len(text[:start].encode())
    return Nearest(before, before + len(text[start:end].encode()), shares.index(top) if top > 0 else None, top)


def _stripped(match: re.Match[str]) -> tuple[int, int]:
    words = match[0]
    return match.start() + len(words) - len(words.lstrip()), match.end() - len(words) + len(words.rstrip())


def _pairs(text: str) -> set[tuple[str, ...]]:
    """Return the words that follow each other; a single word is its own pair."""
    words = _WORD.findall(text.casefold())
    return {tuple(words[i : i + PAIR]) for i in range(max(1, len(words) - PAIR + 1))}
