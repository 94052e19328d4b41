"""What changed between two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import groupby
from operator import itemgetter
from typing import Literal, TypeAlias

Op: TypeAlias = Literal["=", "-", "+"]
Edit: TypeAlias = tuple[Op, str]

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]+")
_OPS: dict[str, tuple[Op, ...]] = {"equal": ("=",), "delete": ("-",), "insert": ("+",), "replace": ("-", "+")}

# Matching takes time in proportion to the pairs of equal tokens, over and over where they repeat: beyond this many
# (0.8 s on one core), what differs is shown as replaced in one piece.
MAX_PAIRS = 1_000_000


def word_diff(a: str, b: str) -> list[Edit]:
    """Return how to get from a to b as (op, text): "=" kept, "-" only in a, "+" only in b.

    Words, stretches of white space and stretches of punctuation are compared whole. The texts of "=" and "-" join
    to a, those of "=" and "+" to b, exactly.
    """
    old, new = _TOKEN.findall(a), _TOKEN.findall(b)
    start = _shared(old, new)
    end = _shared(old[start:][::-1], new[start:][::-1])
    middle = _compared(old[start : len(old) - end], new[start : len(new) - end])
    edits: list[Edit] = [("=", "".join(old[:start])), *middle, ("=", "".join(old[len(old) - end :]))]
    return _joined(edits)


def _compared(old: Sequence[str], new: Sequence[str]) -> list[Edit]:
    if _pairs(old, new) > MAX_PAIRS:
        return [("-", "".join(old)), ("+", "".join(new))]
    edits: list[Edit] = []
    for name, a0, a1, b0, b1 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        edits += [(op, "".join(new[b0:b1] if op == "+" else old[a0:a1])) for op in _OPS[name]]
    return edits


def _pairs(old: Sequence[str], new: Sequence[str]) -> int:
    counts: dict[str, int] = {}
    for token in new:
        counts[token] = counts.get(token, 0) + 1
    return sum(counts.get(token, 0) for token in old)


def _shared(a: Sequence[str], b: Sequence[str]) -> int:
    """Return how many tokens two sequences share from the start."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _joined(edits: Sequence[Edit]) -> list[Edit]:
    """Return the edits without empty ones, neighbours of one kind in one piece."""
    kept = [edit for edit in edits if edit[1]]
    return [(op, "".join(text for _, text in run)) for op, run in groupby(kept, key=itemgetter(0))]
