"""Hierarchical thoughts: steps, the notes inside them, the summary and the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, Field

from storage.records import Generation, Score
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for

READING = (
    "The hierarchy of every reply: its steps, the notes inside them on what is easy to get wrong, the summary of the "
    "way, and the answer. A part that is missing here had no tags."
)
COLUMNS = (Column("Sample", "sample"), Column("part"), Column("text"))


class Step(BaseModel):
    """A step without its notes, and the notes."""

    number: int
    text: str
    keys: list[str] = []


class Thought(BaseModel):
    """One reply; a part that is None has no tags in it. `cut` says that it had all its tokens."""

    branch: int
    steps: list[Step]
    generalized: str | None = None
    answer: str | None = None
    cut: bool = False


class Thoughts(BaseModel):
    """The replies of a run."""

    samples: list[Thought] = Field(min_length=1)


@evidence_for("tagged_steps")
def super_correct(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """List the parts of hierarchical thoughts (SuperCorrect, arXiv 2410.09008)."""
    replies = Thoughts.model_validate(score.details).samples
    cut = ", ".join(str(reply.branch + 1) for reply in replies if reply.cut)
    reading = f"{READING} Cut short: sample {cut}." if cut else READING
    rows = tuple(row for reply in replies for row in _parts(reply))
    return Evidence("Hierarchical thought", reading, table=Table(COLUMNS, rows))


def _parts(reply: Thought) -> Iterator[tuple[Cell, ...]]:
    for step in reply.steps:
        yield reply.branch, f"step {step.number}", step.text
        yield from ((reply.branch, f"note on step {step.number}", key) for key in step.keys)
    yield reply.branch, "summary", reply.generalized
    yield reply.branch, "answer", reply.answer
