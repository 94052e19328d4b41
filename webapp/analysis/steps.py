"""The steps of a solution: numbered ones where it numbers them, else its lines, else its sentences."""

from __future__ import annotations

import re
from collections.abc import Callable

_NUMBERED = re.compile(r"^[^\w\n]*(?:step\s*\d+|\d+\s*[.):])(?!\d)", re.IGNORECASE | re.MULTILINE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)")


def split_steps(text: str, most: int) -> list[str]:
    """Return the steps of a text in order, at most so many: the last one then holds all that follows.

    Lines that begin with "Step 1" or "1." begin a step each; what stands before the first of them is one too. A text
    with fewer than two of those is split into its lines, and one of a single line into its sentences. Nothing but the
    space between steps is lost.
    """
    ways: tuple[Callable[[str], list[str]], ...] = (_by_numbers, str.splitlines, _SENTENCE_END.split)
    found = next((steps for way in ways if len(steps := _told(way(text))) > 1), _told([text]))
    return found if len(found) <= most else [*found[: most - 1], "\n".join(found[most - 1 :])]


def _by_numbers(text: str) -> list[str]:
    starts = [match.start() for match in _NUMBERED.finditer(text)]
    if len(starts) < 2:
        return []
    return [text[start:end] for start, end in zip([0, *starts], [*starts, len(text)], strict=True)]


def _told(parts: list[str]) -> list[str]:
    return [stripped for part in parts if (stripped := part.strip())]
