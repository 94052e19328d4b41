"""Yes-or-no answers; true and false count as yes and no."""

from __future__ import annotations

import re

from webapp.tasks import statements
from webapp.tasks.normalise import clean

_MEANING = {"yes": "yes", "yep": "yes", "true": "yes", "no": "no", "nope": "no", "false": "no"}
_BOTH = re.compile(r"^\W*(?:yes|no)\W{1,3}(?:(?:or|and)\W{1,3})?(?:yes|no)\b", re.IGNORECASE)
_LEADING = re.compile(
    r"^\W{0,12}(?:(?:it|that|this)(?: is|'s) )?(yes|yep|nope|no|true|false)\b(?! (?:one|longer|more)\b)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\b(?:(yes|true|false)\b|(no)(?=\s*(?:[.,;:!\"'’”)*\n]|$)))", re.IGNORECASE)


def extract(text: str, choices: tuple[str, ...] = ()) -> str | None:
    """Return "yes" or "no".

    The last line "Answer: ..." counts first, then the last box, the last "the answer is ...", then a text that
    begins with the word, then the only one of the two that occurs. Both, or neither, is None: "2000 was a leap
    year." is not read as yes, and the "no" of "no water" is not an answer.
    """
    text = clean(text).strip()
    stated = (
        *statements.answer_lines(text, short=True),
        *statements.boxes(text),
        *statements.answer_phrases(text),
        text,
    )
    leading = (word for statement in stated if (word := _leading(statement)))
    return next(leading, None) or _only(text)


def same(a: str, b: str) -> bool:
    """Say whether both are yes or both are no."""
    return a == b


def accepts(reference: str, answer: str) -> bool:
    """Say whether the answer is the reference's word."""
    return extract(reference) == answer


def _leading(statement: str) -> str | None:
    match = None if _BOTH.match(statement) else _LEADING.match(statement)
    return _MEANING[match[1].lower()] if match else None


def _only(text: str) -> str | None:
    found = {_MEANING[(m[1] or m[2]).lower()] for m in _WORD.finditer(text)}
    return found.pop() if len(found) == 1 else None
