"""Two texts word under word: equal words stand under each other, and each has what is known of its tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from webapp.analysis.diff import MAX_PAIRS

_WORD = re.compile(r"\s*\S+|\s+$")  # a word goes with the space before it


class Word(NamedTuple):
    """A word with the space before it, and the largest value of its tokens, None where none is known."""

    text: str
    value: float | None


class Column(NamedTuple):
    """What stands under each other: the word of either text, None where it has none; equal, or not."""

    first: Word | None
    second: Word | None

    @property
    def same(self) -> bool:
        """Whether both texts have this word."""
        return self.first is not None and self.second is not None and _bare(self.first) == _bare(self.second)


def words_of(text: str, offsets: Sequence[int], values: ArrayLike) -> list[Word]:
    """Return the words of a text.

    Args:
        text: that joins from the words exactly.
        offsets: [T + 1] where its tokens begin and end, in UTF-8 bytes.
        values: [T] numbers of the tokens, NaN where unknown.

    """
    given = np.asarray(values, dtype=np.float64)
    starts, ends = np.asarray(offsets[:-1], dtype=np.int64), np.asarray(offsets[1:], dtype=np.int64)
    found, at = [], 0
    for word in _WORD.findall(text):
        end = at + len(word.encode())
        first, last = int(np.searchsorted(ends, at, side="right")), int(np.searchsorted(starts, end, side="left"))
        known = given[first:last][~np.isnan(given[first:last])]
        found.append(Word(word, float(known.max()) if known.size else None))
        at = end
    return found


def aligned(first: Sequence[Word], second: Sequence[Word]) -> list[Column]:
    """Return two texts as columns in the order of both; replaced words stand under what they replace.

    Words are equal whatever the space before them. Texts with more than a million pairs of equal words are not
    matched: their words stand under each other in order.
    """
    a, b = [_bare(word) for word in first], [_bare(word) for word in second]
    if _pairs(a, b) > MAX_PAIRS:
        return list(_under(first, second))
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    return [column for _, a0, a1, b0, b1 in blocks for column in _under(first[a0:a1], second[b0:b1])]


def _under(first: Sequence[Word], second: Sequence[Word]) -> Iterator[Column]:
    return (Column(*pair) for pair in zip_longest(first, second))


def _bare(word: Word) -> str:
    return word.text.strip()


def _pairs(a: Sequence[str], b: Sequence[str]) -> int:
    counts: dict[str, int] = {}
    for word in b:
        counts[word] = counts.get(word, 0) + 1
    return sum(counts.get(word, 0) for word in a)
