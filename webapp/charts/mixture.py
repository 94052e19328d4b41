"""The stages of a mixture: what each was handed, what it answered, and what that changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, Field

from storage.records import Generation, Score
from webapp.analysis.transitions import transition
from webapp.charts.attempts import stored_verdict
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for

READING = (
    "The stages in the order in which they ran, with the text that each was handed, word for word as it was appended "
    "to the question, and the answer after it. The last one's is the answer of the run: nothing votes over them. "
    "Carried along: {carried}. Reading: {reading}."
)
FIRST = "first attempt"
AS_IN_REPOSITORY = " (as in CorrectBench's code)"
COLUMNS = (
    Column("Stage"), Column("handed over"), Column("answer"), Column("verdict", "verdict"), Column("change"),
    Column("what it says"),
)  # fmt: skip


class Stage(BaseModel):
    """One method: what was handed to it, the text that it settled on, and its answer."""

    title: str
    as_in_repository: bool = False
    handed: str = ""
    text: str | None = None
    answer: str | None = None
    note: str = ""


class Stages(BaseModel):
    """The stages of a run."""

    carried: str
    reading: str
    stages: list[Stage] = Field(min_length=1)


@evidence_for("mixture_stages")
def mixture(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """List stages with answers and transitions (CorrectBench, arXiv 2510.16062)."""
    found = Stages.model_validate(score.details)
    rows = tuple(_rows(found.stages, generations))
    reading = READING.format(carried=found.carried, reading=found.reading)
    return Evidence("Stages", reading, table=Table(COLUMNS, rows, chosen=len(rows) - 1))


def _rows(stages: Sequence[Stage], generations: Sequence[Generation]) -> Iterator[tuple[Cell, ...]]:
    """Yield the first attempt, if there is a single one, and every stage."""
    attempts = [g for g in generations if g.role == "draft" and g.round == 0]
    before = None
    if len(attempts) == 1:
        before = stored_verdict(generations, attempts[0].answer)
        yield FIRST, None, attempts[0].answer, before, None, None
    for number, stage in enumerate(stages, start=1):
        verdict = stored_verdict(generations, stage.answer)
        step = None if before is None else transition(before, verdict or "unparsed")
        change = None if step is None else step.replace("->", "→")
        name = f"{number}. {stage.title}{AS_IN_REPOSITORY if stage.as_in_repository else ''}"
        yield name, stage.handed or None, stage.answer, verdict, change, stage.note or None
        before = verdict
