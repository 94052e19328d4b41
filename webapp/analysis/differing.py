"""Which questions annotators of an item answered differently."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from storage.annotations import Adjudication, Annotation, Field, Label, LabelSchema, Steps

# How sure somebody is, and what they noted, is theirs: it is no answer that others could dispute.
PRIVATE = frozenset({"scale", "text"})


def differing(schema: LabelSchema, said: Sequence[Annotation]) -> list[str]:
    """Return the names of the fields of which the submitted labels are not all the same."""
    fields = [field for field in schema.fields if field.kind not in PRIVATE]
    return [field.name for field in fields if len({answered(field, each.labels, each.steps) for each in said}) > 1]


def answered(field: Field, labels: Sequence[Label], steps: Steps) -> frozenset[Hashable]:
    """Return what labels answer a field with; steps are compared by where they stand, not by their number."""
    return frozenset(_said(label, steps) for label in labels if label.field == field.name and label.counts)


def same_share(schema: LabelSchema, one: Annotation, other: Annotation | Adjudication) -> tuple[int, int]:
    """Return how many single answers of two are the same, and how many there are in either."""
    fields = [field for field in schema.fields if field.kind not in PRIVATE]
    pairs = [(answered(f, one.labels, one.steps), answered(f, other.labels, other.steps)) for f in fields]
    return sum(len(a & b) for a, b in pairs), sum(len(a | b) for a, b in pairs)


def _said(label: Label, steps: Steps) -> Hashable:
    place = None if label.step is None else steps[label.text][label.step]
    return label.value, place, label.start, label.end, label.text
