"""Where a text takes back a step of its own and writes another one (S3c-Math, arXiv 2409.01524).

A word of doubt is no correction: the step before must be replaced by one that states something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, TypeAlias

Why: TypeAlias = Literal["corrects", "nothing before it", "nothing after it", "same result", "goes on"]

ALIKE = 0.5  # of the words and numbers of a step must recur in the next one for that to be the step done again
FEWEST = 3  # words that a step without a number has
_BREAK = re.compile(r"\n+|(?<=[.!?])[ \t]+")
_BARE_NUMBER = re.compile(r"\W*(?:step\s*)?\d+\s*[.):]\W*", re.IGNORECASE)
_LEAD = r"^[^\w\n]*(?:(?:step\s*)?\d+\s*[.):]\s*)?(?:(?:but|oh|no|hmm*|ah)\b[\s,.]*)*"
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*")
_WORD = re.compile(r"\w+")


class Span(NamedTuple):
    """A stretch of a text in characters, the end exclusive."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the stretch."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Reversal:
    """Words that doubt or take back, the steps around them, and why that is a correction or none."""

    words: Span
    before: Span | None
    after: Span | None
    why: Why


@dataclass(frozen=True)
class Markers:
    """The words that a reversal is found by, as lower-case phrases.

    Attributes:
        doubts: that begin a sentence; a single word must be followed by a mark ("wait," but not "wait for").
        takes_back: that stand anywhere in one.

    """

    doubts: tuple[str, ...]
    takes_back: tuple[str, ...]

    @cached_property
    def doubting(self) -> re.Pattern[str]:
        """Match a doubt at the beginning of a sentence."""
        phrases = [_phrase(each) + ("" if " " in each else r"(?=\s*(?:[^\w\s]|$))") for each in self.doubts]
        return re.compile(f"{_LEAD}(?:{'|'.join(phrases) or NEVER})", re.IGNORECASE)

    @cached_property
    def taking_back(self) -> re.Pattern[str]:
        """Match words that take something back."""
        return re.compile("|".join(map(_phrase, self.takes_back)) or NEVER, re.IGNORECASE)


NEVER = r"(?!)"


def reversals(text: str, markers: Markers) -> list[Reversal]:
    """Return the reversals of a text in order; neighbouring sentences of doubt are one."""
    steps = sentences(text)
    found, at = list[Reversal](), 0
    while at < len(steps):
        last = at
        while last < len(steps) and _marked(steps[last].of(text), markers):
            last += 1
        if last > at:
            found.append(_reversal(text, steps, at, last - 1, markers))
        at = max(last, at + 1)
    return found


def sentences(text: str) -> list[Span]:
    """Return the sentences and lines of a text without the space around them; a bare "1." belongs to the next."""
    spans, start = list[Span](), 0
    for end in [*(match.end() for match in _BREAK.finditer(text)), len(text)]:
        if _BARE_NUMBER.fullmatch(text, start, end) and end < len(text):
            continue
        if text[start:end].strip():
            spans.append(_stripped(text, start, end))
        start = end
    return spans


def _reversal(text: str, steps: Sequence[Span], first: int, last: int, markers: Markers) -> Reversal:
    """Pair the step before the marked sentences with the step behind them, in the last one's rest or the next."""
    before = steps[first - 1] if first else None
    behind = _behind(text, steps[last], markers)
    rest = _stripped(text, behind, steps[last].end)
    redone = _is_step(rest.of(text), numbers=bool(before and _NUMBER.search(before.of(text))))
    after = rest if redone else steps[last + 1] if last + 1 < len(steps) else None
    words = Span(steps[first].start, behind if redone else steps[last].end)
    taken_back = any(markers.taking_back.search(step.of(text)) for step in steps[first : last + 1])
    return Reversal(words, before, after, _why(text, before, after, taken_back=taken_back))


def _is_step(rest: str, *, numbers: bool) -> bool:
    """Say whether what is left of a marked sentence can replace a step: with a number where that had one."""
    return bool(_NUMBER.search(rest)) if numbers else len(_WORD.findall(rest)) >= FEWEST


def _why(text: str, before: Span | None, after: Span | None, *, taken_back: bool) -> Why:
    if before is None:
        return "nothing before it"
    if after is None:
        return "nothing after it"
    old, new = before.of(text), after.of(text)
    if _result(old) == _result(new):
        return "same result"
    return "corrects" if taken_back or _alike(old, new) >= ALIKE else "goes on"


def _result(step: str) -> str:
    """Return what a step comes to: its last number, or all its words where it has none."""
    numbers = _NUMBER.findall(step)
    return numbers[-1].replace(",", "") if numbers else " ".join(_WORD.findall(step.casefold()))


def _alike(old: str, new: str) -> float:
    a, b = (set(_WORD.findall(step.casefold())) for step in (old, new))
    return len(a & b) / len(a) if a else 0.0


def _marked(sentence: str, markers: Markers) -> bool:
    return bool(markers.doubting.match(sentence) or markers.taking_back.search(sentence))


def _behind(text: str, sentence: Span, markers: Markers) -> int:
    """Return where the last marker of a sentence ends, with the marks that follow it."""
    ends = [match.end() for match in _matches(sentence.of(text), markers)]
    end = sentence.start + max(ends)
    marks = re.compile(r"[^\w\n(\[$\\]*").match(text, end, sentence.end)
    return marks.end() if marks else end


def _matches(sentence: str, markers: Markers) -> Iterator[re.Match[str]]:
    yield from markers.taking_back.finditer(sentence)
    if match := markers.doubting.match(sentence):
        yield match


def _stripped(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    return Span(start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip()))


def _phrase(phrase: str) -> str:
    """Return the pattern of a phrase: any white space between its words, either apostrophe."""
    words = [re.escape(word).replace("'", "['’]") for word in phrase.split()]
    return r"\b" + r"\s+".join(words) + r"\b"
