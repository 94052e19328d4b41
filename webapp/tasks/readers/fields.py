"""Fields of a row, taken with a complaint that names the field."""

from __future__ import annotations

from collections.abc import Mapping

from webapp.tasks.readers.rows import Row


def text_of(row: Row, field: str) -> str:
    """Return a field's text; whole floats read as integers (145.0 is 145).

    Raises:
        ValueError: when it is missing or is no text and no number.

    """
    if field not in row:
        raise ValueError(f'the field "{field}" is missing; there are {", ".join(map(repr, row)) or "none"}')
    value = row[field]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f'the field "{field}" must be text or a number')
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def table_of(row: Row, field: str) -> Mapping[str, object]:
    """Return a field that is an object.

    Raises:
        ValueError: when it is missing or something else.

    """
    value = row.get(field)
    if not isinstance(value, dict):
        raise ValueError(f'the field "{field}" must be an object')
    return value


def list_of(row: Row, field: str) -> list[object]:
    """Return a field that is a list.

    Raises:
        ValueError: when it is missing or something else.

    """
    value = row.get(field)
    if not isinstance(value, list):
        raise ValueError(f'the field "{field}" must be a list')
    return value
