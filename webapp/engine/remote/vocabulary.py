"""What token ids spell: those of the model, and ids of our own that stand for stretches of text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from webapp.engine.plain import encodable
from webapp.engine.protocol import EngineError

OWN = 1 << 30  # ids from here on are ours; no model has so many tokens
_WORD = re.compile(r"\s*\S+|\s+")


class Vocabulary:
    """Maps ids to bytes.

    A server that tells no ids, or a text that a method inserts before the server was asked to tokenize it, needs ids
    all the same. An id of our own is a hash of the bytes it stands for, so that it means the same in every process.
    """

    def __init__(self, pieces: Mapping[int, bytes] | None = None, special: Iterable[int] = ()) -> None:
        self._pieces = dict(pieces or {})
        self.special = set(special)
        self.size = max(self._pieces, default=-1) + 1  # 0: unknown

    def piece(self, token: int) -> bytes:
        """Return what an id spells (for a special token, its name).

        Raises:
            EngineError: for an id of our own that this process has never met.

        """
        if token in self._pieces:
            return self._pieces[token]
        if token >= OWN:
            raise EngineError("A part of this text was written elsewhere, so its tokens cannot be spelled here.")
        return f"<id {token}>".encode()

    def text_bytes(self, token: int) -> bytes:
        """Return what an id adds to a text: nothing for a special token."""
        return b"" if token in self.special else self.piece(token)

    def own(self, piece: bytes) -> int:
        """Return the id of our own that stands for some bytes."""
        digest = hashlib.blake2b(piece, digest_size=8).digest()
        token = OWN + int.from_bytes(digest, "big") % OWN
        while self._pieces.setdefault(token, piece) != piece:  # another piece has this hash
            token = OWN + (token + 1 - OWN) % OWN
        return token

    def words(self, text: str) -> tuple[int, ...]:
        """Return ids of our own that spell a text, one a word."""
        return tuple(self.own(word.encode()) for word in _WORD.findall(encodable(text)))

    def learn(self, pieces: Mapping[int, bytes], special: Iterable[int] = ()) -> None:
        """Remember what ids spell; what is known already stays."""
        for token, piece in pieces.items():
            self._pieces.setdefault(token, piece)
        self.special |= set(special)

    def stretches(self, ids: Sequence[int]) -> Iterator[tuple[bool, tuple[int, ...]]]:
        """Yield runs of ids of one kind: whether they are our own, and the ids."""
        for own, run in groupby(ids, lambda token: token >= OWN):
            yield own, tuple(run)

    def text(self, ids: Sequence[int]) -> str:
        """Return what ids spell together; bytes that are no UTF-8 become U+FFFD."""
        return b"".join(map(self.text_bytes, ids)).decode("utf-8", errors="replace")
