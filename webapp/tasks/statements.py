"""Where a text states its answer: answer lines, boxes and set phrases, the last one first."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LINE = re.compile(r"\banswer\b[*_\"'’` ]{0,4}[:：][ \t*_]*\s*([^\n]*)", re.IGNORECASE)
_SHORT_LINE = re.compile(r"^[ \t]*(?:A:|####)[ \t]*([^\n]*)", re.MULTILINE)
_PHRASE = re.compile(
    r"\b(?:answer|result|solution)(?: to (?:[^\"“”\n]{0,40}[\"“][^\"“”\n]{1,200}[\"”]|[^.\n]{1,120}?))?"
    r" ?(?:is|was|(?:would|must|will|should) be|=)"
    r"(?: indeed| therefore| simply| just| that| actually)?[:,]?\s+(?!not\b)([^\n]+)",
    re.IGNORECASE,
)  # fmt: skip
_ECHO = re.compile(r"^\W{0,3}\s*(?:followed by|line\b)", re.IGNORECASE)
_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*\{")
_REFUSAL = re.compile(
    r"^\W*(?:unknown|none|n/?a|undefined|not (?:enough|given|known|possible|available)|cannot|can't|"
    r"i (?:do not|don't))\b",
    re.IGNORECASE,
)  # fmt: skip


def answer_lines(text: str, *, short: bool = False) -> list[str]:
    """Return what follows each "Answer:", last first; with `short` also "A:" and "####" at a line's start.

    What stands on the next line counts where the line itself is empty; an echo of the instruction ("followed
    by...") does not count.
    """
    matches = [*_LINE.finditer(text), *(_SHORT_LINE.finditer(text) if short else ())]
    stated = [m[1].strip() for m in sorted(matches, key=lambda m: m.start(1), reverse=True)]
    return [line for line in stated if line and not _ECHO.match(line)]


def answer_phrases(text: str) -> list[str]:
    """Return what follows "the answer is" and its kin to the end of the line, last first."""
    return [m[1].strip() for m in _PHRASE.finditer(text)][::-1]


def refuses(statement: str) -> bool:
    """Say whether a statement declines to answer ("unknown", "cannot be determined")."""
    return _REFUSAL.match(statement) is not None


def boxes(text: str) -> list[str]:
    r"""Return the contents of every closed \boxed{}, \fbox{} or \framebox{}, last first."""
    return list(_boxes(text))[::-1]


def _boxes(text: str) -> Iterator[str]:
    end = 0
    for match in _BOX.finditer(text):
        if match.start() >= end and (close := _closing_brace(text, match.end())) is not None:
            end = close
            yield text[match.end() : close].strip()


def _closing_brace(text: str, start: int) -> int | None:
    depth = 1
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth == 0:
            return match.start()
    return None
