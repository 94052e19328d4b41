"""Chains of thought that stand in one reply, and which of them agree with its final answer."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from storage.records import Generation, Score
from webapp.charts.attempts import stored_verdict
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for

READING = (
    "Every chain of every reply with the answer it comes to, and whether that is the final answer of the reply. "
    "Later chains are written with the earlier ones in view, so they are no independent votes. Final: {finals}."
)
AGREES: dict[bool | None, Cell] = {True: "yes", False: "no", None: None}
COLUMNS = (
    Column("Sample", "sample"), Column("chain"), Column("answer"), Column("agrees"),
    Column("stored verdict", "verdict", "of this answer, where a stored text states it"), Column("text"),
)  # fmt: skip


class Chain(BaseModel):
    """One chain; whether it `agrees` with the final answer is None where one of both is missing."""

    answer: str | None = None
    agrees: bool | None = None
    text: str = ""


class Reply(BaseModel):
    """The chains of one sample and its answer; `concluded` says whether it came to a final one."""

    branch: int
    chains: list[Chain]
    answer: str | None = None
    concluded: bool


class Replies(BaseModel):
    """The replies of a run."""

    samples: list[Reply] = Field(min_length=1)


@evidence_for("dcot_agreeing")
def dcot(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """List chains with their answers (DCoT, arXiv 2407.03181)."""
    replies = Replies.model_validate(score.details).samples
    finals = "; ".join(f"sample {reply.branch + 1}: {_final(reply)}" for reply in replies)
    rows = tuple(
        _row(reply, number, chain, generations)
        for reply in replies for number, chain in enumerate(reply.chains, start=1)
    )  # fmt: skip
    return Evidence("Chains of a reply", READING.format(finals=finals), table=Table(COLUMNS, rows))


def _row(reply: Reply, number: int, chain: Chain, generations: Sequence[Generation]) -> tuple[Cell, ...]:
    verdict = stored_verdict(generations, chain.answer)
    return reply.branch, str(number), chain.answer, AGREES[chain.agrees], verdict, chain.text


def _final(reply: Reply) -> str:
    answer = "none" if reply.answer is None else reply.answer
    return answer if reply.concluded else f"{answer} (without the heading of a final answer)"
