"""What charts of corrections read from the stored texts: a stretch of one, and the verdict on an answer."""

from __future__ import annotations

from collections.abc import Sequence

from storage.records import Generation, VerdictValue


def stored_verdict(generations: Sequence[Generation], answer: str | None) -> VerdictValue | None:
    """Return the verdict that is stored of any text with this answer; None where no such text was graded."""
    known = (g.verdict for g in generations if answer is not None and g.answer == answer)
    return next((verdict for verdict in known if verdict != "ungraded"), None)


def cut(generations: Sequence[Generation], key: str, start: int, end: int) -> str | None:
    """Return a stretch of a text, offsets in UTF-8 bytes; None where the text is not there."""
    text = next((g.text for g in generations if g.id == key), None)
    return None if text is None else text.encode()[start:end].decode(errors="replace").strip()
