"""Steps that a text takes back and replaces, and what it comes to without that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from pydantic import BaseModel

from storage.records import Generation, Score
from webapp.charts.attempts import cut, stored_verdict
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for

Place: TypeAlias = tuple[int, int]

READING = (
    "Every place where a text doubts or takes back, with the step before it and the step that replaces it. "
    "{corrects} of {all} are corrections: there the steps state different things. Without the correction the text is "
    "written again from right before it, by another token; where the answer changes, it hung on the correction."
)
NOTHING = "No text doubts a step of its own or takes one back, in the words that are searched for."
COLUMNS = (
    Column("Sample", "sample"), Column("step before"), Column("words"), Column("step after"), Column("what it is"),
    Column("answer without it"), Column("its stored verdict", "verdict"), Column("changes the answer"),
)  # fmt: skip


class Reversal(BaseModel):
    """Stretches of a text in UTF-8 bytes, why they are a correction or none, and what came out without it."""

    before: Place | None = None
    words: Place
    after: Place | None = None
    why: str
    without: str | None = None
    answer: str | None = None
    changed: bool | None = None
    again: bool = False
    why_not: str = ""


class Sample(BaseModel):
    """One text with its reversals."""

    branch: int
    text: str
    reversals: list[Reversal]


class Samples(BaseModel):
    """The texts of a run."""

    samples: list[Sample]


@evidence_for("spontaneous_corrections")
def s3c(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """List what replaced what (S3c-Math, arXiv 2409.01524)."""
    samples = Samples.model_validate(score.details).samples
    found = [reversal for sample in samples for reversal in sample.reversals]
    if not found:
        return Evidence("Steps taken back", NOTHING)
    reading = READING.format(corrects=sum(each.why == "corrects" for each in found), all=len(found))
    rows = tuple(row for sample in samples for row in _rows(sample, generations))
    return Evidence("Steps taken back", reading, table=Table(COLUMNS, rows))


def _rows(sample: Sample, generations: Sequence[Generation]) -> Iterator[tuple[Cell, ...]]:
    for each in sample.reversals:
        stretches = (
            place and cut(generations, sample.text, *place) for place in (each.before, each.words, each.after)
        )
        verdict = stored_verdict(generations, each.answer)
        yield sample.branch, *stretches, _what(each), each.answer, verdict, _changes(each)


def _what(reversal: Reversal) -> str:
    return "a correction" if reversal.why == "corrects" else f"none: {reversal.why}"


def _changes(reversal: Reversal) -> str | None:
    if reversal.changed is None:
        return reversal.why_not or None
    answer = "yes" if reversal.changed else "no"
    return f"{answer}, it corrects itself again" if reversal.again else answer
