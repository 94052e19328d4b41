"""Mathematical answers in LaTeX: compared as text, as numbers, then by math-verify in a process of its own."""

from __future__ import annotations

import re
from functools import lru_cache

from webapp.tasks import math_process, numbers, statements
from webapp.tasks.normalise import clean

MAX_LENGTH = 500
LONGEST_READ = 2000
_DOLLARS = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$(.+?)(?<!\\)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)
_SIZES = re.compile(r"\\(?:left|right|bigl|bigr|Bigl|Bigr|big|Big|displaystyle|limits)(?![a-zA-Z])|\\[!;:]|~|\\\s")
_FRAC_DIGITS = re.compile(r"\\frac\s*(?:\{([^{}]*)\}|(\d))\s*(?:\{([^{}]*)\}|(\d))")
_TEXT = re.compile(r"^\\(?:text|mbox|mathrm|textbf|mathbf)\s*\{([^{}]*)\}$")
_UNIT = re.compile(r"(?<=[\d}])\s*\\(?:text|mbox|mathrm)\s*\{\s*[a-z. ]+\}(?:\^\{?\d\}?)?$")
_NUMBER_ONLY = re.compile(r"-?\$?[\d.,]*\d%?|-?\\frac\{-?\d+\}\{\d+\}|-?\d+/\d+")
_COMMAND = re.compile(r"\\[A-Za-z]+(?:\{[a-z]*\})?")
_WORDS = re.compile(r"[A-Za-z]{3}|\n")
_SPACE_AROUND = re.compile(r"\s*([^\w\s\\])\s*")


def extract(text: str, choices: tuple[str, ...] = ()) -> str | None:
    """Return the LaTeX a text concludes with, in canonical spelling.

    The last box counts first, then the last line "Answer: ..." (its formula, else all of it), the last "the answer
    is ...", a text that is nothing but a formula, the last formula between dollars, the last number. A longer
    answer than 500 characters is none.
    """
    text = clean(text)
    lines = statements.answer_lines(text, short=True)
    stated = (*statements.boxes(text), *lines, *statements.answer_phrases(text))
    for statement in stated:
        if statements.refuses(statement):
            return None
        if answer := canonical(next(reversed(_formulas(statement)), statement)):
            return answer
    if _is_formula(text) and (answer := canonical(text)):
        return answer
    formulas = _formulas(text)
    found = canonical(formulas[-1]) if formulas else None
    return found or numbers.last_number(text)


def canonical(latex: str) -> str | None:
    """Spell LaTeX one way: no sizes, dollars, units or idle spaces; plain numbers as `numbers` spells them."""
    before = ""
    if len(latex) > LONGEST_READ:
        return None
    while latex != before:
        # What one round removes may have hidden something; every round shortens the text or leaves it alone.
        before, latex = latex, _respelled(latex)
    return latex if 0 < len(latex) <= MAX_LENGTH else None


def _respelled(latex: str) -> str:
    latex = _SIZES.sub("", latex.strip().strip("$")).replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    latex = _UNIT.sub("", latex.strip().rstrip(".,;").strip("* "))
    latex = _TEXT.sub(r"\1", _FRAC_DIGITS.sub(lambda m: f"\\frac{{{m[1] or m[2]}}}{{{m[3] or m[4]}}}", latex))
    latex = latex.replace("^{\\circ}", "^\\circ").removesuffix("^\\circ").replace("{,}", ",")
    if _NUMBER_ONLY.fullmatch(latex.replace("\\$", "$").replace("\\%", "%")):
        found = numbers.find_numbers(latex)
        latex = found[0] if len(found) == 1 else latex
    return _SPACE_AROUND.sub(r"\1", " ".join(latex.split()))


@lru_cache(maxsize=4096)
def compare(a: str, b: str) -> bool | None:
    """Return whether two canonical answers are equivalent; None when that could not be found out in time."""
    if a == b:
        return True
    if all(_is_number(x) for x in (a, b)):
        return numbers.equal(a, b)
    try:
        return math_process.equivalent(a, b) or False
    except math_process.MathTimeout:
        return None


def same(a: str, b: str) -> bool:
    """Say whether two canonical answers are equivalent; those that cannot be compared in time are not."""
    return compare(*sorted((a, b))) or False


def accepts(reference: str, answer: str) -> bool | None:
    """Say whether the answer is equivalent to the reference; None when that could not be found out in time."""
    wanted = canonical(reference)
    return wanted is not None and compare(wanted, answer)


def _is_formula(text: str) -> bool:
    """Say whether a text holds no prose, and no box that was cut off."""
    return (
        len(text) <= LONGEST_READ
        and text.count("{") == text.count("}")
        and not _WORDS.search(_COMMAND.sub("", text.strip()))
    )


def _is_number(text: str) -> bool:
    return numbers.find_numbers(text) == [text]


def _formulas(text: str) -> list[str]:
    return [next(g for g in m.groups() if g) for m in _DOLLARS.finditer(text)]
