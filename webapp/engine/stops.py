"""When a text ends: an end-of-sequence id, a stop string, or its longest length."""

from __future__ import annotations

from collections.abc import Sequence

from storage.records import FinishReason
from storage.trace import TokenTrace


class StopWatch:
    """Watches one sample token by token; `cut` is the byte where a stop string began."""

    def __init__(self, end_ids: frozenset[int], stop: Sequence[str], max_tokens: int) -> None:
        self.end_ids = end_ids
        self.stop = [s.encode("utf-8", "surrogatepass") for s in stop if s]
        self.max_tokens = max_tokens
        self.tail = max((len(s) for s in self.stop), default=1) - 1
        self.text = b""
        self.tokens = 0
        self.cut: int | None = None

    def see(self, token: int, piece: bytes) -> FinishReason | None:
        """Take the next token and what it adds to the text; return why the text ends here, if it does."""
        searched = max(len(self.text) - self.tail, 0)
        self.text += piece
        self.tokens += 1
        if token in self.end_ids:
            return "eos"
        hits = [at for s in self.stop if (at := self.text.find(s, searched)) >= 0]
        if hits:
            self.cut = min(hits)
            return "stop"
        return "length" if self.tokens >= self.max_tokens else None

    def spelled(self, trace: TokenTrace, before: int = 0) -> tuple[str, bool]:
        """Return what the tokens spell that were seen after `before` bytes, up to a stop string.

        Also return whether invalid characters had to be replaced.
        """
        if self.cut is None:
            return trace.text()
        raw = self.text[before : self.cut]
        text = raw.decode("utf-8", errors="replace").replace("\0", "\ufffd")
        return text, text.encode() != raw
