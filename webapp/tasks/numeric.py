"""Numeric answers: a number in digits, or in words where the answer is stated."""

from __future__ import annotations

import re
from fractions import Fraction

from webapp.tasks import numbers, statements
from webapp.tasks.normalise import clean

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {w: i for i, w in enumerate(_UNITS)} | {w: 20 + 10 * i for i, w in enumerate(_TENS)}
_SCALES = {name: scale for name, scale in numbers.SCALES.items() if name != "k"}
_WORD = "|".join([*_WORDS, *_SCALES])
_SPELLED = re.compile(rf"\b(?:{_WORD})(?:(?:[ -]| and )(?:{_WORD}))*\b", re.IGNORECASE)


def extract(text: str, choices: tuple[str, ...] = ()) -> str | None:
    r"""Return the number a text states, in canonical spelling.

    The last line "Answer: ..." (or "A: ...", "#### ...") counts first, then the last \boxed{}, then the last
    "the answer is ...", then the last number of the text. A statement that declines gives None.
    """
    text = clean(text)
    for statement in (*statements.answer_lines(text, short=True), *statements.boxes(text)):
        if (number := _stated(statement)) or statements.refuses(statement):
            return number
    phrased = (number for phrase in statements.answer_phrases(text) if (number := _stated(phrase)))
    return next(phrased, None) or _last(text)


def same(a: str, b: str) -> bool:
    """Say whether two canonical numbers are equal."""
    return numbers.equal(a, b)


def accepts(reference: str, answer: str) -> bool:
    """Say whether an answer is right: equal to the reference, 50% also being right for 0.5 and back."""
    wanted = extract(reference)
    return wanted is not None and (same(wanted, answer) or _same_share(wanted, answer))


def _same_share(a: str, b: str) -> bool:
    if a.endswith("%") == b.endswith("%"):
        return False
    values = [(numbers.value_of(n), n.endswith("%")) for n in (a, b)]
    shares = [v / 100 if percent and v is not None else v for v, percent in values]
    return None not in shares and shares[0] == shares[1]


def _stated(statement: str) -> str | None:
    """Return the number of a statement: the first after its last equals sign, else the first."""
    after = numbers.find_numbers(statement.rpartition("=")[2])
    found = after or numbers.find_numbers(statement) or _spelled(statement)
    return found[0] if found else None


def _last(text: str) -> str | None:
    words = (word for word in reversed(_spelled(text)) if word != "1")
    return numbers.last_number(text) or next(words, None)


def _spelled(text: str) -> list[str]:
    return [numbers.canonical(Fraction(_spelled_value(m[0]))) for m in _SPELLED.finditer(text)]


def _spelled_value(words: str) -> int:
    """Read a number in words: a scale multiplies what stands before it, thousands and above close a group."""
    total = group = 0
    for word in re.split(r"[ -]", words.lower()):
        if word in _WORDS:
            group += _WORDS[word]
        elif word == "hundred":
            group = max(group, 1) * 100
        elif word in _SCALES:
            total, group = total + max(group, 1) * _SCALES[word], 0
    return total + group
