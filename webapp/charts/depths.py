"""How far a model agrees with itself, depth by depth, in numbers."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field, FiniteFloat

from storage.records import Generation, Score
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for

DEPTHS = {
    "response_consistency": "answers with reasoning",
    "decoding_consistency": "direct answers, by decoder",
    "latent_consistency": "direct answers, one head kept in one layer",
}
NONE_STATED = "–"
READING = (
    "What was said at each depth, and how much it agrees: 0 is full agreement, lower is less. The entropy goes down "
    "to −log2 of how many different answers there are; the variance is there where answers are numbers. Texts "
    f"without an answer ({NONE_STATED}) are left out of it."
)
COLUMNS = (
    Column("Depth"),
    Column("What was said"),
    Column("−entropy", "number", "sum p log2 p, in bits"),
    Column("−variance", "number", "negative population variance"),
    Column("Most frequent", "bar", "share of the most frequent answer", 1.0),
)


class Said(BaseModel):
    """What was said at one depth, None where no answer was stated, and how much it agrees."""

    values: list[str | None] = Field(min_length=1)
    neg_entropy: FiniteFloat | None
    neg_variance: FiniteFloat | None
    majority_share: FiniteFloat | None


@evidence_for("response_consistency")
def depths(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Return a row for each depth that was measured, the layers first (arXiv 2407.14507, section II)."""
    Said.model_validate(score.details)
    found = {each.name: Said.model_validate(each.details) for each in scores if each.name in DEPTHS}
    rows = tuple(_row(title, found[name]) for name, title in reversed(DEPTHS.items()) if name in found)
    return Evidence("Consistency by depth", READING, table=Table(COLUMNS, rows))


def _row(title: str, said: Said) -> tuple[Cell, ...]:
    listed = ", ".join(NONE_STATED if value is None else value for value in said.values)
    return title, listed, said.neg_entropy, said.neg_variance, said.majority_share
