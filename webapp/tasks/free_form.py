"""Answers of any form, over several lines if need be: a grid, a plan, a list."""

from __future__ import annotations

import re

from webapp.tasks.normalise import clean

LONGEST = 4_000
LONGEST_LINE = 500  # characters of an answer that stands alone on one line
PROSE = 12  # words on one of several lines that make it prose, not an answer
_ANSWER = re.compile(
    r"^[\s>*_#-]*(?:the )?(?:final )?answer(?: is)?[\s*_]*[:：][\s*_]*", re.IGNORECASE | re.MULTILINE
)
_TAGS = re.compile(r"<answer>(.*?)</answer>", re.IGNORECASE | re.DOTALL)
_FENCE = re.compile(r"\A```[\w-]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}")


def extract(text: str, choices: tuple[str, ...] = ()) -> str | None:
    """Return what follows the last "Answer:", or stands in the last <answer> tags; else a text that is no prose."""
    text = clean(text).strip()
    if tagged := _TAGS.findall(text):
        return _bare(tagged[-1])
    if marks := list(_ANSWER.finditer(text)):
        return _bare(text[marks[-1].end() :])
    return _bare(text) if _alone(text) else None


def same(a: str, b: str) -> bool:
    """Say whether two answers are equal but for spaces and line ends."""
    return a.split() == b.split()


def _bare(answer: str) -> str | None:
    answer = answer.strip()
    if fenced := _FENCE.match(answer):
        answer = fenced[1].strip()
    return answer if 0 < len(answer) <= LONGEST else None


def _alone(text: str) -> bool:
    lines = text.splitlines()
    if len(lines) <= 1:
        return len(text) <= LONGEST_LINE
    return len(text) <= LONGEST and all(len(_WORD.findall(line)) < PROSE for line in lines)
