"""Multiple-choice answers: a letter, or the text of exactly one option."""

from __future__ import annotations

import re

from webapp.tasks import statements
from webapp.tasks.normalise import clean, normalised

MAX_CHOICES = 26
_ALONE = re.compile(
    r"^[\s*_\"'“(\[{<]*(?:(?:option|choice|letter|answer)\s+)?[(\[]?([A-Za-z])[)\]}>.:,;!?\"'”*_\s]*$", re.I
)
_AHEAD = re.compile(
    r"^[\s*_\"'“]*(?:(?:option|choice|letter)\s+)?(?:[(\[]([A-Za-z])[)\]]|([A-Za-z])(?:[).:\]](?=\s|$)|\s*[-–—]\s|\*\*))"
)
_CAPITAL_AHEAD = re.compile(
    r"^[\s*_\"'“]*(?![A-Z]\W{1,3}(?:or |and )?[A-Z]\b)(?:([B-HJ-Z])(?=[\s,;])|"
    r"([AI])(?=,|\s+(?:because|since|is|as)\b))"
)
_MARKED = re.compile(
    r"\(([A-Za-z])\)|(?<![\w'’])([A-Z])\)|\b(?:[Oo]ption|[Cc]hoice|[Ll]etter)\s+\(?([A-Z])\b|\*\*([A-Z])\*\*"
)
_LISTED = re.compile(r"^[ \t*]*(?:\(?([A-Za-z])[).:])[ \t]", re.MULTILINE)


def extract(text: str, choices: tuple[str, ...] = ()) -> str | None:
    """Return the letter a text chooses.

    The last line "Answer: ..." counts first, then the last box, then the last "the answer is ...": there a
    letter stands alone or ahead ("B", "(B)", "B) Sydney", "b."), or else the statement names exactly one
    option's text. Without such a statement the whole text must mark exactly one letter, or name exactly one
    option. The article "A" and the pronoun "I" are no letters; letters beyond the options are ignored.
    """
    text = clean(text).strip()
    # "A: Mars" at a line's start is an answer line, unless the text lists its options that way.
    lines = statements.answer_lines(text, short=not _lists(text, choices))
    for statement in (*lines, *statements.boxes(text), *statements.answer_phrases(text)):
        if letter := _ahead(statement, choices) or _named(statement, choices):
            return letter
    return _ahead(text, choices) or _marked(text, choices) or _named(text, choices)


def same(a: str, b: str) -> bool:
    """Say whether two letters are one."""
    return a == b


def letter_of(reference: str, choices: tuple[str, ...]) -> str | None:
    """Return the letter of a reference given as a letter or as an option's exact text."""
    wanted = normalised(reference)
    matching = [_letter(i) for i, choice in enumerate(choices) if normalised(choice) == wanted]
    return matching[0] if len(matching) == 1 else _ahead(reference, choices)


def _letter(index: int) -> str:
    return chr(65 + index)


def _letters(choices: tuple[str, ...]) -> str:
    return "".join(_letter(i) for i in range(len(choices) or MAX_CHOICES))


def _ahead(statement: str, choices: tuple[str, ...]) -> str | None:
    """Return the letter a statement consists of, or begins with."""
    statement = statements.without_text_commands(statement)
    for pattern in (_ALONE, _AHEAD, _CAPITAL_AHEAD):
        if match := pattern.match(statement):
            letter = next(g for g in match.groups() if g).upper()
            return letter if letter in _letters(choices) and not _lists(statement, choices) else None
    return None


def _marked(text: str, choices: tuple[str, ...]) -> str | None:
    """Return the one letter that is marked as a choice anywhere: (B), B), option B, **B**."""
    found = {next(g for g in m.groups() if g).upper() for m in _MARKED.finditer(text)} & set(_letters(choices))
    return found.pop() if len(found) == 1 else None


def _lists(text: str, choices: tuple[str, ...]) -> bool:
    """Say whether a text lists several options, as a model does that repeats the question."""
    return len({m[1].upper() for m in _LISTED.finditer(text)} & set(_letters(choices))) > 1


def _named(statement: str, choices: tuple[str, ...]) -> str | None:
    """Return the letter of the only option whose text occurs, whole words, longer options first."""
    rest, found = f" {normalised(statement)} ", []
    for index in sorted(range(len(choices)), key=lambda i: -len(normalised(choices[i]))):
        wanted = f" {normalised(choices[index])} "
        if wanted in rest:
            found.append(_letter(index))
            rest = rest.replace(wanted, " \n ")
    return found[0] if len(found) == 1 else None
