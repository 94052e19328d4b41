"""Where a text states its answer: answer lines, boxes and set phrases, the last one first."""

from __future__ import annotations

import re

_LINE = re.compile(r"\banswer\b[*_\"'’` ]{0,4}[:：][ \t*_]*\s*([^\n]{0,2000})", re.IGNORECASE)
_SHORT_LINE = re.compile(r"^[ \t]*(?:A:|####)[ \t]*([^\n]{0,2000})", re.MULTILINE)
_PHRASE = re.compile(
    r"\b(?:answer|result|solution)(?: to (?:[^\"“”\n]{0,40}[\"“][^\"“”\n]{1,200}[\"”]|[^.\n]{1,120}?))?"
    r" ?(?:is|was|(?:would|must|will|should) be|=)"
    r"(?: indeed| therefore| simply| just| that| actually)?[:,]?\s+(?!not\b)([^\n]{1,2000})",
    re.IGNORECASE,
)  # fmt: skip
_ECHO = re.compile(r"^\W{0,3}\s*(?:followed by|line\b)", re.IGNORECASE)
_BRACE = re.compile(r"\\(?:boxed|fbox|framebox)\s{0,9}\{|\\[{}\\]|[{}]")
_LATEX_TEXT = re.compile(r"\\(?:text|textbf|mathrm|mathbf)\s*\{([^{}]*)\}")
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
    depth, open_boxes, closed = 0, list[tuple[int, int]](), list[tuple[int, int]]()
    for token in _BRACE.finditer(text):
        if token[0] == "{" or token[0][1:2].isalpha():
            depth += 1
            if len(token[0]) > 1:
                open_boxes.append((depth, token.end()))
        elif token[0] == "}":
            if open_boxes and open_boxes[-1][0] == depth:
                start = open_boxes.pop()[1]
                # A box inside this one is part of its content, not an answer of its own.
                while closed and closed[-1][0] > start:
                    closed.pop()
                closed.append((start, token.start()))
            depth = max(0, depth - 1)
    return [text[start:end].strip() for start, end in reversed(closed)]


def without_text_commands(latex: str) -> str:
    r"""Return LaTeX with \text{B} and its kin replaced by their content."""
    return _LATEX_TEXT.sub(r"\1", latex)
