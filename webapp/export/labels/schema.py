"""The schema of imported labels: the questions that all formats' labels are about."""

from __future__ import annotations

from collections.abc import Iterable

from storage.annotations import FIRST, NO_ERROR, SECOND, STEP, TIE, Field, Label, LabelSchema, Option
from webapp.export.trace_row import RowError

OUTCOME = Field(
    "outcome", "Is the answer right?", "choice",
    (Option("right", "Right", 1), Option("wrong", "Wrong", -1), Option("unclear", "Unclear", 0)),
)  # fmt: skip
STEPS = Field(
    "steps", "Each step", "steps",
    (Option("good", "Good", 1), Option("neutral", "Neutral", 0), Option("bad", "Bad", -1)),
)  # fmt: skip
FIRST_ERROR = Field(
    "first_error", "First wrong step", "first_error", (Option(STEP, "This step"), Option(NO_ERROR, "No error"))
)
ERROR_TYPES = Field("error_types", "Kinds of error", "choices")
SPANS = Field("spans", "Stretches of the text", "spans")
PREFERENCE = Field(
    "preference", "Which is better?", "preference",
    (Option(FIRST, "First"), Option(SECOND, "Second"), Option(TIE, "Equally good")),
)  # fmt: skip
CONFIDENCE = Field("confidence", "How sure are you?", "scale")
NOTE = Field("note", "Note", "text")
FIELDS = (STEPS, FIRST_ERROR, ERROR_TYPES, SPANS, OUTCOME, PREFERENCE, CONFIDENCE, NOTE)
_OPEN = (ERROR_TYPES, SPANS, CONFIDENCE)  # their options are what a file says

RATINGS = {1: "good", 0: "neutral", -1: "bad"}
_OUTCOMES = {
    "right": "right", "correct": "right", "true": "right", "yes": "right", "good": "right", "1": "right",
    "wrong": "wrong", "incorrect": "wrong", "false": "wrong", "no": "wrong", "bad": "wrong", "0": "wrong",
    "unclear": "unclear", "unsure": "unclear", "unknown": "unclear",
}  # fmt: skip
_STEPS = {
    "good": "good", "right": "good", "correct": "good", "+": "good", "1": "good", "positive": "good",
    "neutral": "neutral", "0": "neutral", "bad": "bad", "wrong": "bad", "incorrect": "bad", "error": "bad",
    "-": "bad", "-1": "bad", "negative": "bad",
}  # fmt: skip


def imported_schema(labels: Iterable[Label]) -> LabelSchema:
    """Return the schema of imported labels, with the error types, kinds of spans and scales that are used."""
    used: dict[str, set[str]] = {}
    for label in labels:
        used.setdefault(label.field, set()).add(label.value)
    fields = tuple(_with_options(field, used[field.name]) for field in FIELDS if field.name in used)
    return LabelSchema("imported", "", "Imported labels", fields or (OUTCOME,))


def outcome(value: object, source: str, text: int = 0) -> Label:
    """Return the label of an outcome, whatever word a file has for it.

    Raises:
        RowError: for a word that nobody knows.

    """
    return Label("outcome", _word(_OUTCOMES, "outcome", value), text=text, source=source)


def step(at: int, value: object, source: str) -> Label:
    """Return the rating of a step.

    Raises:
        RowError: for a word that nobody knows.

    """
    return Label("steps", _word(_STEPS, f"step {at + 1}", value), step=at, source=source)


def first_error(at: int | None, source: str) -> Label:
    """Return the label of the first wrong step, None for no error."""
    return Label("first_error", NO_ERROR, source=source) if at is None else Label(
        "first_error", STEP, step=at, source=source
    )  # fmt: skip


def note(text: str, source: str) -> list[Label]:
    """Return the label of a note; none for an empty one."""
    return [Label("note", text.strip(), source=source)] if text.strip() else []


def _word(known: dict[str, str], field: str, value: object) -> str:
    word = str(value).strip().casefold()
    if word not in known:
        raise RowError(field, f"{str(value)[:40]!r} is none of {', '.join(sorted(known))}")
    return known[word]


def _with_options(field: Field, values: set[str]) -> Field:
    if field not in _OPEN:
        return field
    options = tuple(Option(value, value) for value in sorted(values))
    return Field(field.name, field.title, field.kind, options)
