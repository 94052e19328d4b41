"""What may be said only once of an item, and whether it was said twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from storage.annotations import Field, FieldKind, Label, LabelSchema

# By kind, what tells labels of a field apart.
_APART: Mapping[FieldKind, Callable[[Label], object]] = {
    "choice": lambda label: None,
    "choices": lambda label: (label.value, label.step, label.text),
    "steps": lambda label: (label.step, label.text),
    "first_error": lambda label: label.text,
    "spans": lambda label: (label.value, label.start, label.end, label.text),
    "preference": lambda label: None,
    "scale": lambda label: None,
    "text": lambda label: None,
}


def answered_twice(labels: Sequence[Label], schema: LabelSchema) -> Field | None:
    """Return the first field of which one thing is said twice, None where there is none.

    A suggestion that nobody confirmed may stand beside what a person said. All labels are of the schema.
    """
    fields = {field.name: field for field in schema.fields}
    seen = Counter((label.field, _APART[fields[label.field].kind](label), label.counts) for label in labels)
    return next((fields[name] for (name, *_), count in seen.items() if count > 1), None)
