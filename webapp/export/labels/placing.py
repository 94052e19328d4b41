"""Where the labels of a row stand in the text that is stored: steps and stretches as its own UTF-8 bytes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from storage.annotations import STEP, Label, LabelSchema, Step, Steps
from webapp.analysis.answered_twice import answered_twice
from webapp.export.labels.row import LabelledText, LabelRow
from webapp.export.trace_row import RowError
from webapp.export.training.cutting import cuts_of


def same(told: LabelledText, stored: str) -> bool:
    """Say whether a stored text is the one that a file labels; how wide spaces are does not count."""
    return told.text.split() == stored.split()


def placed_steps(row: LabelRow, stored: Sequence[str]) -> Steps | None:
    """Return the steps of a row in the stored texts, None where these do not hold them as they are."""
    found = [_steps(told, text) for told, text in zip(row.texts, stored, strict=True)]
    return None if any(steps is None for steps in found) else tuple(steps for steps in found if steps is not None)


def checked(row: LabelRow, schema: LabelSchema, steps: Steps, stored: Sequence[str]) -> None:
    """Check that every label is about something that is there.

    Raises:
        RowError: about the first that is not.

    """
    for label in row.labels:
        field = schema.field(label.field)
        if field is None:
            raise RowError(label.field, "the schema has no such field")
        if field.kind != "text" and label.value not in {option.value for option in field.options}:
            raise RowError(label.field, f"{label.value[:40]!r} is none of its options")
        if not 0 <= label.text < len(stored):
            raise RowError(label.field, "there is no such text")
        needs_step = field.kind == "steps" or (field.kind == "first_error" and label.value == STEP)
        if needs_step != (label.step is not None) and field.kind != "choices":
            raise RowError(label.field, "it has to name a step" if needs_step else "it is about no step")
        if label.step is not None and not 0 <= label.step < len(steps[label.text]):
            raise RowError(label.field, f"there is no step {label.step + 1}; the text has {len(steps[label.text])}")
        if field.kind == "spans":
            _check_span(label, stored[label.text])
    if (twice := answered_twice(row.labels, schema)) is not None:
        raise RowError(twice.name, "it is answered twice")


def exact(row: LabelRow) -> bool:
    """Say whether labels count bytes, so that a stored text has to be the same to the last space."""
    return any(label.start is not None for label in row.labels) or any(text.places is not None for text in row.texts)


def _steps(told: LabelledText, stored: str) -> tuple[Step, ...] | None:
    if told.places is not None:
        ends = _edges(stored)
        ordered = all(before[1] <= after[0] for before, after in pairwise(told.places))
        fits = all(start < end and {start, end} <= ends for start, end in told.places)
        return tuple(Step(start, end) for start, end in told.places) if ordered and fits else None
    if not told.steps:
        return tuple(Step(start, end) for start, end in cuts_of(stored))
    raw, at = stored.encode(), 0
    found = []
    for step in told.steps:
        encoded = step.strip().encode()
        start = raw.find(encoded, at)
        if start < 0:
            return None
        at = start + len(encoded)
        found.append(Step(start, at))
    return tuple(found)


def _check_span(label: Label, text: str) -> None:
    start, end = label.start, label.end
    if start is None or end is None or start >= end or not {start, end} <= _edges(text):
        raise RowError(label.field, "a stretch has to begin and end between two characters of its text")


def _edges(text: str) -> set[int]:
    raw = text.encode()
    return {at for at, byte in enumerate(raw) if byte & 0xC0 != 0x80} | {len(raw)}
