"""From the names that a tokenizer gives its tokens to the bytes that they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable

_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_SPACE = "\u2581"


def is_byte_level(names: Iterable[str]) -> bool:
    """Say whether names are written in the alphabet of byte-level BPE, by how they write a space."""
    listed = list(names)
    return any("\u0120" in name for name in listed) and not any(_SPACE in name for name in listed)


def spelled(name: str, *, byte_level: bool) -> bytes:
    """Return the bytes that the token of this name adds to a text."""
    if byte_level:
        return bytes(_BYTE_OF[c] for c in name) if all(c in _BYTE_OF for c in name) else name.encode()
    match = _BYTE_TOKEN.fullmatch(name)
    return bytes([int(match[1], 16)]) if match else name.replace(_SPACE, " ").encode()


def _byte_alphabet() -> dict[str, int]:
    """Return the printable stand-in of every byte in byte-level BPE (Radford et al. 2019), inverted."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in printable]
    return {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(others)}


_BYTE_OF = _byte_alphabet()
