"""Identifiers that sort by the time they were made and can stand in a URL."""

from __future__ import annotations

import re
import secrets
import threading
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no letter that looks like another
_LENGTH = 26
_RANDOM_BITS = 80
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")

_lock = threading.Lock()
_last = 0


def new_id() -> str:
    """Return a fresh id of 26 characters; later ids of this process sort after earlier ones.

    48 bits are the time in milliseconds, 80 are random (the layout of a ULID). Within a millisecond, or when the
    clock goes back, the last id is counted on.
    """
    global _last
    drawn = time.time_ns() // 1_000_000 << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    with _lock:
        _last = drawn if drawn >> _RANDOM_BITS > _last >> _RANDOM_BITS else _last + 1
        value = _last
    return "".join(_ALPHABET[value >> 5 * place & 31] for place in reversed(range(_LENGTH)))


def is_id(text: str) -> bool:
    """Return whether a text from outside may serve as an id: short, and harmless in a URL."""
    return _ID.fullmatch(text) is not None
