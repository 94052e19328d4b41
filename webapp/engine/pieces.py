"""The raw bytes of every token id, whatever kind of tokenizer made it."""

from __future__ import annotations

import re

from transformers import PreTrainedTokenizerBase

_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_SPACE = "\u2581"


class Pieces:
    """Maps ids to bytes; special tokens map to their names and are listed in `special`."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        added = tokenizer.added_tokens_decoder
        self.special = frozenset(tokenizer.all_special_ids) | {i for i, t in added.items() if t.special}
        self.added = {i: t.content.encode() for i, t in added.items()}
        self.byte_level = _is_byte_level(tokenizer)
        self.known: dict[int, bytes] = {}

    def __getitem__(self, token: int) -> bytes:
        if token not in self.known:
            self.known[token] = self._bytes(token)
        return self.known[token]

    def text_bytes(self, token: int) -> bytes:
        """Return what a token adds to the text: nothing for a special one."""
        return b"" if token in self.special else self[token]

    def _bytes(self, token: int) -> bytes:
        if token in self.added:
            return self.added[token]
        name: str | None = _name(self.tokenizer, token)
        if name is None:  # the output layer may be wider than the vocabulary
            return f"<id {token}>".encode()
        if self.byte_level:
            return bytes(_BYTE_OF[c] for c in name) if all(c in _BYTE_OF for c in name) else name.encode()
        match = _BYTE_TOKEN.fullmatch(name)
        return bytes([int(match[1], 16)]) if match else name.replace(_SPACE, " ").encode()


def _byte_alphabet() -> dict[str, int]:
    """Return the printable stand-in of every byte in byte-level BPE (Radford et al. 2019), inverted."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in printable]
    return {chr(b): b for b in printable} | {chr(256 + i): b for i, b in enumerate(others)}


_BYTE_OF = _byte_alphabet()


def _is_byte_level(tokenizer: PreTrainedTokenizerBase) -> bool:
    names = [_name(tokenizer, i) or "" for i in range(min(2000, len(tokenizer)))]
    return any("\u0120" in name for name in names) and not any(_SPACE in name for name in names)


def _name(tokenizer: PreTrainedTokenizerBase, token: int) -> str | None:
    name = tokenizer.convert_ids_to_tokens(token)
    return name if isinstance(name, str) else None
