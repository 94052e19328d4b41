"""The raw bytes of every token id, whatever kind of tokenizer made it."""

from __future__ import annotations

from transformers import PreTrainedTokenizerBase

from webapp.engine.spelling import is_byte_level, spelled


class Pieces:
    """Maps ids to bytes; special tokens map to their names and are listed in `special`."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        added = tokenizer.added_tokens_decoder
        self.special = frozenset(tokenizer.all_special_ids) | {i for i, t in added.items() if t.special}
        self.added = {i: t.content.encode() for i, t in added.items()}
        self.byte_level = is_byte_level(_name(tokenizer, i) or "" for i in range(min(2000, len(tokenizer))))
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
        return spelled(name, byte_level=self.byte_level)


def _name(tokenizer: PreTrainedTokenizerBase, token: int) -> str | None:
    name = tokenizer.convert_ids_to_tokens(token)
    return name if isinstance(name, str) else None
