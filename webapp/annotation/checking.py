"""Whether labels and steps fit their schema and their texts; what is kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from storage.annotations import STEP, Field, Label, LabelSchema, Step, Steps
from storage.text import clean
from webapp.analysis.answered_twice import answered_twice
from webapp.annotation.wire import LabelRequest, StepRequest
from webapp.runs.request import BadRequest

TOO_MANY = 5_000  # steps of a text


def steps_of(request: Sequence[Sequence[StepRequest]], texts: Sequence[str]) -> Steps:
    """Return the steps of an item's texts.

    Raises:
        BadRequest: if they are not in order, overlap, or do not begin and end between characters of the text.

    """
    if len(request) != len(texts):
        raise BadRequest(f"The steps of {len(texts)} texts are needed, not of {len(request)}.")
    found = tuple(tuple(Step(each.start, each.end) for each in row) for row in request)
    for row, text in zip(found, texts, strict=True):
        edges = boundaries(text)
        if len(row) > TOO_MANY or not all(a.end <= b.start for a, b in pairwise(row)):
            raise BadRequest("The steps of a text have to follow one another without overlap.")
        if not all(step.start < step.end and {step.start, step.end} <= edges for step in row):
            raise BadRequest(
                "A step has to begin and end between two characters of its text (offsets are UTF-8 bytes)."
            )
    return found


def boundaries(text: str) -> set[int]:
    """Return the UTF-8 offsets between characters, both ends included."""
    data = text.encode()
    return {at for at in range(len(data)) if data[at] & 0xC0 != 0x80} | {len(data)}


def labels_of(
    request: Sequence[LabelRequest], schema: LabelSchema, steps: Steps, texts: Sequence[str]
) -> tuple[Label, ...]:
    """Return labels that fit the schema, their steps and their texts.

    Raises:
        BadRequest: about the first one that does not.

    """
    found = tuple(Label(**{**each.model_dump(), "value": clean(each.value)}) for each in request)
    edges: dict[int, set[int]] = {}
    for label in found:
        field = schema.field(label.field)
        if field is None:
            raise BadRequest(f"The schema of this queue has no field called {label.field!r}.")
        if label.text >= len(texts):
            raise BadRequest(f"{field.title}: the item has only one text.")
        _check_value(label, field)
        _check_place(label, field, steps)
        if field.kind == "spans":
            _check_span(label, field, edges.setdefault(label.text, boundaries(texts[label.text])))
    if (twice := answered_twice(found, schema)) is not None:
        raise BadRequest(f"{twice.title} is answered twice: only one answer can be kept.")
    return found


def missing(labels: Sequence[Label], schema: LabelSchema, steps: Steps) -> str:
    """Return what has to be answered before the item can be submitted, as a sentence; empty if nothing."""
    counting = [label for label in labels if label.counts]
    for field in schema.fields:
        own = [label for label in counting if label.field == field.name]
        if field.required and not (_all_steps(own, field, steps) if field.kind == "steps" else own):
            what = "say something of every step up to the first bad one" if field.kind == "steps" else "answer it"
            suggested = any(label.field == field.name and not label.counts for label in labels)
            hint = " A suggestion counts once it is confirmed." if suggested else ""
            return f"“{field.title}” is still open: {what} before you submit.{hint}"
    return ""


def _all_steps(labels: Sequence[Label], field: Field, steps: Steps) -> bool:
    ratings = {option.value: option.rating for option in field.options}
    for text, row in enumerate(steps):
        said = {label.step: label.value for label in labels if label.text == text}
        for step in range(len(row)):
            if step not in said:
                return False
            if (ratings.get(said[step]) or 0) < 0:
                break
    return True


def _check_value(label: Label, field: Field) -> None:
    if field.kind == "text":
        return
    if label.value not in {option.value for option in field.options}:
        raise BadRequest(f"{field.title} cannot be {label.value[:40]!r}.")


def _check_place(label: Label, field: Field, steps: Steps) -> None:
    needs_step = field.kind == "steps" or (field.kind == "first_error" and label.value == STEP)
    if needs_step and label.step is None:
        raise BadRequest(f"{field.title}: say which step is meant.")
    if label.step is not None:
        if not needs_step and field.kind != "choices":
            raise BadRequest(f"{field.title} is about the whole text, not about a step.")
        if label.step >= (len(steps[label.text]) if label.text < len(steps) else 0):
            raise BadRequest(f"{field.title}: the text has no step {label.step + 1}.")
    if field.kind != "spans" and (label.start, label.end) != (None, None):
        raise BadRequest(f"{field.title} is not about a stretch of the text.")


def _check_span(label: Label, field: Field, edges: set[int]) -> None:
    start, end = label.start, label.end
    if start is None or end is None or start >= end or not {start, end} <= edges:
        raise BadRequest(
            f"{field.title}: a stretch has to begin and end between two characters of its text (UTF-8 bytes)."
        )
