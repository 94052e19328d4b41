"""Rounds of critique and rewriting: the answers before and after, and which the model prefers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, Field

from storage.records import Generation, Score, VerdictValue
from webapp.analysis.transitions import transition
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for

READING = (
    "Every round with the answer that was criticised, the critique, and the answer that was written instead. In the "
    "last column the model says how probable it is that a sample's last answer is better than its first: the mean of "
    "both orders of showing them, which are far apart where it prefers a place. It decides nothing."
)
COLUMNS = (
    Column("Sample", "sample"), Column("round"), Column("answer before"), Column("verdict", "verdict"),
    Column("critique"), Column("answer after"), Column("verdict", "verdict"), Column("change"),
    Column("P(last better)", "bar", whole=1.0), Column("by order", about="first shown first; last shown first"),
)  # fmt: skip


class Round(BaseModel):
    """The three texts of a round."""

    before: str
    critique: str
    after: str


class Sample(BaseModel):
    """The rounds of one sample."""

    branch: int
    rounds: list[Round] = Field(min_length=1)


class Samples(BaseModel):
    """The samples of a run."""

    samples: list[Sample]


class Preference(BaseModel):
    """P(last better) in both orders."""

    orders: tuple[float, float]


@evidence_for("untargeted_rounds")
def untargeted(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """List answers, critiques and rewritten answers (arXiv 2310.07611)."""
    samples = Samples.model_validate(score.details).samples
    texts = {g.id: g for g in generations}
    preferred = {s.generation_id: s for s in scores if s.name == "p_refined_better"}
    rows = tuple(row for sample in samples for row in _rows(sample, texts, preferred))
    return Evidence("Answer, critique, rewritten answer", READING, table=Table(COLUMNS, rows))


def _rows(
    sample: Sample, texts: Mapping[str, Generation], preferred: Mapping[str | None, Score]
) -> Iterator[tuple[Cell, ...]]:
    for number, each in enumerate(sample.rounds, start=1):
        before, critique, after = (texts.get(key) for key in (each.before, each.critique, each.after))
        said = None if critique is None else critique.text
        changed = (_change(before, after), *_preference(preferred.get(each.after)))
        yield sample.branch, str(number), *_stated(before), said, *_stated(after), *changed


def _stated(text: Generation | None) -> tuple[str | None, VerdictValue | None]:
    return (None, None) if text is None else (text.answer, None if text.verdict == "ungraded" else text.verdict)


def _change(before: Generation | None, after: Generation | None) -> str | None:
    step = None if before is None or after is None else transition(before.verdict, after.verdict)
    return None if step is None else step.replace("->", "→")


def _preference(score: Score | None) -> tuple[float | None, str | None]:
    if score is None:
        return None, None
    orders = Preference.model_validate(score.details).orders
    return score.value, " and ".join(f"{order:.2f}" for order in orders)
