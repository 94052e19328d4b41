"""Numbers as people and models write them, as exact fractions with one canonical spelling."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

MAX_DIGITS = 1000
MAX_EXPONENT = 1000
PLAIN_LENGTH = 40
MIN_ROUNDED_PLACES = 4

SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "k": 10**3}

_WHOLE = r"(?:\d{1,3}(?:,\d{3})+(?![\d])|\d{1,2}(?:,\d{2})+,\d{3}(?!\d)|\d+)"
_DECIMAL = rf"(?:{_WHOLE}(?:\.\d+)?|(?<![\d.])\.\d+)"
_NUMBER = re.compile(
    r"(?<![A-Za-z\d^])(?<!\^\{)(?P<sign>(?<![\w)\]}])[-+])?(?P<money>[$€£¥₹]\s?)?(?P<inner>(?<=[$€£¥₹])-)?"
    rf"(?:(?P<mixed>\d+)[ ](?=\d+/\d))?(?P<top>{_DECIMAL})(?:e(?P<exp>[+-]?\d+)(?!\w))?"
    rf"(?:[ ]?/[ ]?(?P<bottom>{_DECIMAL}))?"
    r"(?:[ ]?(?P<scale>hundred|thousand|million|billion|trillion)\b|(?P<kilo>k)\b)?"
    r"(?:\s?(?P<percent>%|percent\b|per cent\b))?",
    re.IGNORECASE,
)  # fmt: skip
_POWER = re.compile(r"\s?(?:[x×*·]|\\times|\\cdot)\s?10\s?\^\s?[{(]?\s?([+-]?\d+)\s?[)}]?")
_FRACTION = re.compile(r"\\[dtc]?frac\s?(?:\{\s*(-?[\d.,]+)\s*\}|(\d))\s?(?:\{\s*(-?[\d.,]+)\s*\}|(\d))")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUPERSCRIPT = re.compile("[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_SPELLINGS = str.maketrans({"−": "-", "–": "-", "﹣": "-", "－": "-", "⁄": "/", "％": "%", "＄": "$", "\xa0": " "})
_THIN_GROUPS = re.compile(r"(?<=\d)(?:\{,\}|\\[,!; ]|[\u2009\u202f\u2007]|,\\!)(?=\d{3}(?!\d))")


def find_numbers(text: str) -> list[str]:
    """Return the canonical spelling of every number written in digits, in reading order.

    Understands signs, money, thousands separators (1,234; 1{,}234; 12,34,567), decimals, fractions, mixed
    numbers, LaTeX fractions, scientific notation, percent and the scale words hundred to trillion and k.
    """
    found = (_canonical_match(match) for match in _NUMBER.finditer(_plain(text)))
    return [number for number in found if number is not None]


def last_number(text: str) -> str | None:
    """Return the last of `find_numbers` without reading the others."""
    matches = list(_NUMBER.finditer(_plain(text)))
    return next((number for match in reversed(matches) if (number := _canonical_match(match)) is not None), None)


def value_of(number: str) -> Fraction | None:
    """Return the exact value of a canonical number; None where its exponent is too large to expand."""
    digits = number.removesuffix("%")
    _, _, exponent = digits.partition("e")
    return None if len(exponent.lstrip("-")) > len(str(MAX_EXPONENT)) else Fraction(digits)


def canonical(value: Fraction) -> str:
    """Spell a value: 18, 0.5, 1/3; long runs of zeros become an exponent."""
    places = _places(value)
    if places is None:
        return f"{value.numerator}/{value.denominator}"
    scaled = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    plain = f"{scaled[:-places]}.{scaled[-places:]}" if places else scaled
    return ("-" if value < 0 else "") + (plain if len(plain) <= PLAIN_LENGTH else _scientific(scaled, -places))


def equal(a: str, b: str) -> bool:
    """Say whether two canonical numbers are the same.

    A percent sign counts as a unit. Values are compared exactly, except that a decimal of four or more places
    equals what rounds to it: 0.3333 is 1/3, 0.33 is not.
    """
    a, b = a.removesuffix("%"), b.removesuffix("%")
    if a == b:
        return True
    x, y = value_of(a), value_of(b)
    return x is not None and y is not None and _rounds_together(x, y)


def _rounds_together(x: Fraction, y: Fraction) -> bool:
    if x == y:
        return True
    known = [places for places in (_places(x), _places(y)) if places is not None]
    coarser = min(known, default=0)
    return coarser >= MIN_ROUNDED_PLACES and abs(x - y) * 2 * 10**coarser <= 1


def _canonical_match(match: re.Match[str]) -> str | None:
    top, exponent = match["top"].replace(",", ""), int(match["exp"] or 0) if len(match["exp"] or "") < 18 else None
    if exponent is None or len(top) > MAX_DIGITS:
        return None
    negative = (match["sign"] or "").startswith("-") or match["inner"] is not None
    if abs(exponent) > MAX_EXPONENT:
        return _enormous(top, exponent, negative)
    value = Fraction(top) * Fraction(10) ** exponent
    if match["bottom"]:
        bottom = match["bottom"].replace(",", "")
        if len(bottom) > MAX_DIGITS or not Fraction(bottom):
            return None
        value = value / Fraction(bottom) + int((match["mixed"] or "0")[:MAX_DIGITS])
    value *= SCALES[(match["scale"] or match["kilo"]).lower()] if match["scale"] or match["kilo"] else 1
    return canonical(-value if negative else value) + ("%" if match["percent"] else "")


def _enormous(top: str, exponent: int, negative: bool) -> str:
    whole, _, decimals = top.partition(".")
    digits = (whole + decimals).lstrip("0")
    return ("-" if negative else "") + _scientific(digits, exponent - len(decimals)) if digits else "0"


def _scientific(digits: str, exponent: int) -> str:
    digits = digits.lstrip("0")
    significant = digits.rstrip("0")
    exponent += len(digits) - 1
    mantissa = significant[0] + (f".{significant[1:]}" if len(significant) > 1 else "")
    return f"{mantissa}e{exponent}"


def _places(value: Fraction) -> int | None:
    """Return how many decimal places a value needs; None when no number of places is enough."""
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None


def _plain(text: str) -> str:
    text = "".join(map(_ascii_digit, text)) if not text.isascii() else text
    text = (
        text.translate(_SPELLINGS)
        .replace("\\$", "$")
        .replace("\\%", "%")
        .replace("\\left", "")
        .replace("\\right", "")
    )
    text = _THIN_GROUPS.sub("", _SUPERSCRIPT.sub(lambda m: "^" + m[0].translate(_SUPERSCRIPTS), text))
    text = _FRACTION.sub(_slashed, text)
    return _POWER.sub(lambda m: f"e{m[1]}", text)


def _slashed(match: re.Match[str]) -> str:
    """Write a LaTeX fraction with a slash; after a digit it is the fractional part of a mixed number."""
    mixed = match.start() > 0 and match.string[match.start() - 1].isdigit()
    return f"{' ' if mixed else ''}{match[1] or match[2]}/{match[3] or match[4]}"


def _ascii_digit(character: str) -> str:
    """Spell Unicode digits in ASCII, and a vulgar fraction as a mixed number's part: 3½ is 3 1/2."""
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if "VULGAR FRACTION" in unicodedata.name(character, ""):
        return " " + unicodedata.normalize("NFKC", character)
    return character
