"""Verdicts in words: "Verdict: correct" or "Verdict: incorrect" at the end of what the model writes."""

from __future__ import annotations

import re
from functools import cache


def verdict(text: str, label: str = "verdict", word: str = "correct") -> bool | None:
    """Return whether a text says that something is `word` ("in" + `word` and "not" `word`: False), None if neither.

    The last verdict it states counts. "Verdict: correct or incorrect" is the instruction repeated, and no verdict.
    """
    stating, both = _patterns(label, word)
    stated = [match["no"] is None for match in stating.finditer(both.sub("", text))]
    return stated[-1] if stated else None


@cache
def _patterns(label: str, word: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    subject = r"(?:(?:the )?(?:proposed )?answer )?(?:is\b[^\w\n]*)?"
    stating = rf"\b{label}\b[^\w\n]*{subject}(?P<no>not\s+|in)?{word}\b"
    both = rf"\b{label}\W*{word}\W*(?:\bor\b|/)\W*(?:{label}\W*)?in{word}"
    return re.compile(stating, re.IGNORECASE), re.compile(both, re.IGNORECASE)
