"""Steps of a text as byte offsets, so that what stands before a step is the text itself and nothing put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from storage.records import Generation
from webapp.analysis.steps import step_places
from webapp.export.training.material import Case, Judged

Cuts: TypeAlias = tuple[tuple[int, int], ...]


def cuts_of(text: str) -> Cuts:
    """Return [n] where the steps of a text begin and end, in UTF-8 bytes."""
    found, at, offset = [], 0, 0
    for start, end in step_places(text):
        first = offset + len(text[at:start].encode())
        at, offset = end, first + len(text[start:end].encode())
        found.append((first, offset))
    return tuple(found)


def steps_of(text: str, cuts: Sequence[tuple[int, int]]) -> list[str]:
    """Return the steps of a text."""
    raw = text.encode()
    return [raw[start:end].decode("utf-8", "replace") for start, end in cuts]


def judged_cuts(case: Case, text: Generation) -> Cuts:
    """Return the steps as people cut the text, else as we do."""
    label = case.judged.get(text.id)
    return label.steps if label is not None and label.steps else cuts_of(text.text)


def first_error(label: Judged | None) -> int | None:
    """Return the index of the first wrong step: as it was named, else the first step that is rated bad."""
    if label is None or label.flawless:
        return None
    if label.first_error is not None:
        return label.first_error
    return next((at for at, rating in enumerate(label.ratings) if rating == -1), None)


def same_steps(a: Sequence[str], b: Sequence[str]) -> int:
    """Return how many first steps two solutions share, whatever space stands in them."""
    shared = 0
    for first, second in zip(a, b, strict=False):
        if first.split() != second.split():
            break
        shared += 1
    return shared
