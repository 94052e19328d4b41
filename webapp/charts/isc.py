"""First answers, self-verdicts and final answers that stand in one reply."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from storage.records import Generation, Score
from webapp.analysis.transitions import transition
from webapp.charts.attempts import stored_verdict
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for

READING = (
    "Every reply with its first answer, what its verification says of it, and its final answer, beside what is "
    "stored of both. Correct said of a wrong answer, and incorrect of a right one, are mistakes of the model."
)
SAYS = {True: "correct", False: "incorrect"}
COLUMNS = (
    Column("Sample", "sample"), Column("first answer"), Column("its stored verdict", "verdict"),
    Column("says", about="the verdicts of the reply, in their order"), Column("final answer"),
    Column("its stored verdict", "verdict"), Column("change"), Column("cut short"),
)  # fmt: skip


class Reply(BaseModel):
    """One reply: both answers, and every verdict it states in order; `cut` says that it had all its tokens."""

    branch: int
    first: str | None = None
    verdicts: list[bool] = []
    final: str | None = None
    cut: bool = False


class Replies(BaseModel):
    """The replies of a run."""

    samples: list[Reply] = Field(min_length=1)


@evidence_for("isc_changed")
def isc(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """List first answers, verdicts and final answers (ISC, arXiv 2401.07301)."""
    replies = Replies.model_validate(score.details).samples
    rows = tuple(_row(reply, generations) for reply in replies)
    return Evidence("First answer, verdict, final answer", READING, table=Table(COLUMNS, rows))


def _row(reply: Reply, generations: Sequence[Generation]) -> tuple[Cell, ...]:
    first, last = (stored_verdict(generations, answer) for answer in (reply.first, reply.final))
    says = ", ".join(SAYS[verdict] for verdict in reply.verdicts) or "no verdict"
    # A reply that takes its answer back without another one is graded as unparsed.
    step = None if first is None else transition(first, last or "unparsed")
    change = None if step is None else step.replace("->", "→")
    return reply.branch, reply.first, first, says, reply.final, last, change, "yes" if reply.cut else "no"
