"""A schema as its editor sends it becomes one that can be labelled by, or is refused with a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from storage.annotations import Field, LabelSchema, Option
from storage.text import clean
from webapp.annotation.ready import FIXED
from webapp.annotation.wire import FieldRequest, SchemaRequest
from webapp.runs.request import BadRequest

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LEAST = {"choice": 2, "choices": 1, "steps": 2, "spans": 1, "scale": 2}  # options of a kind


def schema_of(request: SchemaRequest, schema_id: str, person_id: str) -> LabelSchema:
    """Return the schema.

    Raises:
        BadRequest: with what is wrong with the first wrong field.

    """
    fields = tuple(_field(each) for each in request.fields)
    _distinct([field.name for field in fields], "Two fields are called {}: give each a name of its own.")
    pairs = [field.title for field in fields if field.kind == "preference"]
    if len(pairs) > 1:
        raise BadRequest("A schema has at most one preference: only two texts are shown.")
    return LabelSchema(schema_id, person_id, _title(request.name, "The schema"), fields, clean(request.guideline))


def _field(request: FieldRequest) -> Field:
    title = _title(request.title, f"The field {request.name}")
    if not _NAME.fullmatch(request.name):
        raise BadRequest(
            f"{title}: the name {request.name!r} has to begin with a letter a to z, and go on with letters, digits "
            "and _ (at most 40)."
        )
    options = FIXED.get(request.kind) or tuple(
        Option(clean(each.value), _title(each.title, f"An option of {title}"), each.rating)
        for each in request.options
    )
    least = _LEAST.get(request.kind, 0)
    if len(options) < least:
        raise BadRequest(f"{title} needs at least {least} option{'s' if least > 1 else ''} to choose from.")
    if request.kind == "text" and options:
        raise BadRequest(f"{title} is free text: it has no options.")
    _distinct([option.value for option in options], f"{title}: two options have the value {{}}.")
    return Field(request.name, title, request.kind, options, request.required, clean(request.help))


def _title(text: str, what: str) -> str:
    title = " ".join(clean(text).split())
    if not title:
        raise BadRequest(f"{what} needs a title.")
    return title


def _distinct(values: Sequence[str], complaint: str) -> None:
    for value in values:
        if values.count(value) > 1:
            raise BadRequest(complaint.format(value))
