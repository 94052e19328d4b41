"""What text and numbers become at the border of the database, so that any of them can be stored and found."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Json: TypeAlias = Any  # what json.dumps writes; recursive types help nobody here


def clean(text: str) -> str:
    """Replace what UTF-8 cannot hold: lone surrogates, and NUL, which PostgreSQL refuses."""
    return _UNSTORABLE.sub(REPLACEMENT, text)


def fold(text: str) -> str:
    """Return the text as it is searched: case does not count, in any script that has one."""
    return clean(text).casefold()


def known(number: float | None) -> float | None:
    """Return the number, None for NaN: databases disagree on whether they can hold it."""
    return None if number is None or math.isnan(number) else number


def storable(value: Json) -> Json:
    """Return a JSON value whose texts are clean and whose numbers are finite; other numbers become null."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {clean(str(key)): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [storable(item) for item in value]
    return value
