"""The steps of a solution: numbered ones where it numbers them, else its lines, else its sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

_NUMBERED = re.compile(r"^[^\w\n]*(?:step\s*\d+|\d+\s*[.):])(?!\d)", re.IGNORECASE | re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)")


def split_steps(text: str, most: int) -> list[str]:
    """Return the steps of a text in order, at most so many: the last one then holds all that follows.

    Lines that begin with "Step 1" or "1." begin a step each; what stands before the first of them is one too. A text
    with fewer than two of those is split into its lines, and one of a single line into its sentences. Nothing but the
    space between steps is lost.
    """
    found = [text[start:end] for start, end in step_places(text)]
    return found if len(found) <= most else [*found[: most - 1], "\n".join(found[most - 1 :])]


def step_places(text: str) -> list[tuple[int, int]]:
    """Return where the steps of a text stand, in characters, end exclusive, without the space around them."""
    ways: tuple[Callable[[str], Sequence[int]], ...] = (_by_numbers, _by_lines, _by_sentences)
    whole = _told(text, [0, len(text)])
    return next((steps for way in ways if len(steps := _told(text, way(text))) > 1), whole)


def _by_numbers(text: str) -> Sequence[int]:
    starts = [match.start() for match in _NUMBERED.finditer(text)]
    return [0, *starts, len(text)] if len(starts) > 1 else []


def _by_lines(text: str) -> Sequence[int]:
    return list(accumulate(map(len, text.splitlines(keepends=True)), initial=0))


def _by_sentences(text: str) -> Sequence[int]:
    return [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]


def _told(text: str, edges: Sequence[int]) -> list[tuple[int, int]]:
    """Return the stretches between edges that say something, without the space around them."""
    parts = [(start, text[start:end]) for start, end in pairwise(edges)]
    stripped = [(start + len(part) - len(part.lstrip()), part.strip()) for start, part in parts]
    return [(start, start + len(part)) for start, part in stripped if part]
