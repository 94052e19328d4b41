"""What was submitted in a queue as tables that agreement is computed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from storage.annotations import STEP, Annotation, Field, Label, Labelled, Step
from webapp.analysis.agreement_first_error import MISSING as NOT_ASKED
from webapp.analysis.agreement_first_error import NO_ERROR
from webapp.analysis.agreement_spans import Span
from webapp.analysis.agreement_table import MISSING

Codes: TypeAlias = list[list[int]]  # units by annotators


@dataclass(frozen=True, slots=True)
class Ratings:
    """Units by annotators.

    Attributes:
        units: what each row is about: an item, a step of one (item, text, start, end), an item's text.
        codes: index into `values`, -1 where an annotator said nothing.
        values: what may be said, in the order of the schema's options.

    """

    units: Sequence[tuple[str | int, ...]]
    codes: Codes
    values: Sequence[str]


def ratings(field: Field, labelled: Sequence[Labelled], annotators: Sequence[str]) -> Ratings:
    """Return the answers to a field of kind choice, scale, preference (a row an item) or steps (a row a step).

    Steps are the same where they begin and end at the same places.
    """
    values = [option.value for option in field.options]
    rows: dict[tuple[str | int, ...], dict[str, int]] = {}
    for item in labelled:
        for said in item.annotations:
            for label in _of(field, said):
                unit: tuple[str | int, ...] = (item.item.id, *_place(label, said))
                rows.setdefault(unit, {})[said.annotator] = values.index(label.value)
    codes = [[row.get(name, MISSING) for name in annotators] for row in rows.values()]
    return Ratings(list(rows), codes, values)


def chosen(field: Field, labelled: Sequence[Labelled], annotators: Sequence[str]) -> Mapping[str, Ratings]:
    """Return by option of a field of kind choices whether each annotator chose it for each item: 0 no, 1 yes."""
    items = [item for item in labelled if item.annotations]
    said = [
        {each.annotator: {label.value for label in _of(field, each)} for each in item.annotations} for item in items
    ]
    units = [(item.item.id,) for item in items]
    return {
        option.value: Ratings(
            units,
            [[int(option.value in row[name]) if name in row else MISSING for name in annotators] for row in said],
            ("no", "yes"),
        )
        for option in field.options
    }


def first_errors(field: Field, labelled: Sequence[Labelled], annotators: Sequence[str]) -> Codes:
    """Return the first wrong step of every item's first text as each annotator sees it, -1 none, -2 not said.

    Annotators may cut a text differently, so steps are the same where they begin at the same place: they are counted
    among all places of the text at which some annotator's step begins.
    """
    rows: Codes = []
    for item in labelled:
        starts = sorted({step.start for each in item.annotations for step in _first_text(each)})
        found = {
            each.annotator: _error(label, each, starts)
            for each in item.annotations for label in _of(field, each) if not label.text
        }  # fmt: skip
        if found:
            rows.append([found.get(name, NOT_ASKED) for name in annotators])
    return rows


def spans(
    field: Field, labelled: Sequence[Labelled], annotators: Sequence[str]
) -> dict[tuple[str, int], list[list[Span] | None]]:
    """Return by item and text the stretches that each annotator marked, None for who did not label the item."""
    found: dict[tuple[str, int], list[list[Span] | None]] = {}
    for item in (each for each in labelled if each.annotations):
        by = {each.annotator: _of(field, each) for each in item.annotations}
        for text in range(len(item.item.texts)):
            found[item.item.id, text] = [_marked(by.get(name), text) for name in annotators]
    return found


def _of(field: Field, said: Annotation) -> list[Label]:
    return [label for label in said.labels if label.field == field.name and label.counts]


def _place(label: Label, said: Annotation) -> tuple[int, ...]:
    if label.step is None:
        return ()
    step = said.steps[label.text][label.step]
    return label.text, step.start, step.end


def _first_text(said: Annotation) -> Sequence[Step]:
    return said.steps[0] if said.steps else ()


def _error(label: Label, said: Annotation, starts: Sequence[int]) -> int:
    if label.value != STEP or label.step is None:
        return NO_ERROR
    return starts.index(_first_text(said)[label.step].start)


def _marked(labels: Sequence[Label] | None, text: int) -> list[Span] | None:
    if labels is None:
        return None
    return [Span(each.start or 0, each.end or 0, each.value) for each in labels if each.text == text]
