"""Where the sentences of an aggregate come from."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from storage.records import Generation, Score
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for

READING = (
    "Every sentence of the aggregate with the candidate that has most of its pairs of neighbouring words, and the "
    "share of them that it has. A sentence without a candidate is the aggregate's own; one with a full bar is copied."
)


class Sentence(BaseModel):
    """A stretch of the aggregate in UTF-8 bytes, with the branch of its nearest candidate (None: none is near)."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    branch: int | None = None
    overlap: float = Field(ge=0, le=1)


class Sources(BaseModel):
    """The aggregate and its sentences; `cut_to` is how many characters each candidate was cut to, if any were."""

    aggregate: str
    sentences: list[Sentence]
    cut_to: int | None = None


@evidence_for("aggregate_overlap")
def sources(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence | None:
    """List the sentences of an aggregate with their nearest candidates (GSA, arXiv 2503.04104)."""
    found = Sources.model_validate(score.details)
    text = next((g.text for g in generations if g.id == found.aggregate), None)
    if text is None or not found.sentences:
        return None
    columns = (Column("Sentence"), Column("Sample", "sample"), Column("overlap", "bar", score.how, 1.0))
    rows = tuple(_row(text.encode(), sentence) for sentence in found.sentences)
    cut = "" if found.cut_to is None else f" The candidates were cut to their last {found.cut_to} characters."
    return Evidence("Where the aggregate comes from", READING + cut, table=Table(columns, rows))


def _row(text: bytes, sentence: Sentence) -> tuple[Cell, ...]:
    return text[sentence.start : sentence.end].decode(errors="replace"), sentence.branch, sentence.overlap
