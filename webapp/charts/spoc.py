"""A message in which solutions and verifications alternate: its blocks, its verdicts, and how far these are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import plotly.graph_objects as go
from plotly.subplots import make_subplots
from pydantic import BaseModel, Field

from storage.records import Generation, Score
from webapp.charts.attempts import cut, stored_verdict
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for
from webapp.charts.look import COLOURS, laid_out

READING = (
    "Left: the blocks of every message as long as they are: S is a solution, V a verification with what it says. "
    "Right: what the verifications say against the stored verdicts of their solutions, which the model never saw. "
    "A message ends with its own yes; {ended}."
)
ENDED = {
    "yes": "by its own yes",
    "stopped": "without a verdict of yes",
    "cut": "cut short: it had all its tokens",
}
SAYS = {True: "yes", False: "no", None: "no verdict"}
STORED = ("correct", "not correct")


class Block(BaseModel):
    """The stretch of a text, in UTF-8 bytes, that is one turn; `says` is the verdict of a verification."""

    kind: Literal["solution", "verification"]
    generation: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    answer: str | None = None
    says: bool | None = None


class Message(BaseModel):
    """The blocks of one sample in their order, and how it ended."""

    branch: int
    ending: Literal["yes", "stopped", "cut"]
    blocks: list[Block] = Field(min_length=1)


class Messages(BaseModel):
    """The messages of a run."""

    samples: list[Message] = Field(min_length=1)


@evidence_for("spoc_turns")
def spoc(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Draw the turns of every message and the confusion of its verdicts (SPOC, arXiv 2506.06923)."""
    messages = Messages.model_validate(score.details).samples
    figure = make_subplots(rows=1, cols=2, column_widths=[0.65, 0.35], horizontal_spacing=0.12)
    for bar in _ribbons(messages):
        figure.add_trace(bar, row=1, col=1)
    figure.add_trace(_confusion(list(_judged(messages, generations))), row=1, col=2)
    laid_out(figure, x="bytes of the message", y="", barmode="stack", showlegend=False, uirevision="spoc_turns")
    figure.update_yaxes(autorange="reversed", row=1, col=1).update_xaxes(
        title={"text": "stored verdict"}, row=1, col=2
    )
    counts = {ending: sum(message.ending == ending for message in messages) for ending in ENDED}
    ended = ", ".join(f"{count} ended {ENDED[ending]}" for ending, count in counts.items() if count)
    return Evidence("Turns of a message", READING.format(ended=ended), figure, _table(messages, generations))


def _ribbons(messages: Sequence[Message]) -> Iterator[go.Bar]:
    """Yield one bar for each place in the messages: the first block of all of them, the second..."""
    for place in range(max(len(message.blocks) for message in messages)):
        there = [(message.branch, message.blocks[place]) for message in messages if place < len(message.blocks)]
        yield go.Bar(
            orientation="h", y=[f"sample {branch + 1}" for branch, _ in there],
            x=[max(0, block.end - block.start) for _, block in there],
            text=[_name(place, block) for _, block in there],
            marker={"color": [COLOURS[block.kind == "verification"] for _, block in there]},
            textposition="inside", insidetextanchor="middle", hovertemplate="%{text}<br>%{x} bytes<extra></extra>",
        )  # fmt: skip


def _name(place: int, block: Block) -> str:
    turn = place // 2 + 1
    return f"S{turn}" if block.kind == "solution" else f"V{turn}: {SAYS[block.says]}"


def _judged(messages: Sequence[Message], generations: Sequence[Generation]) -> Iterator[tuple[str, str]]:
    """Yield what each verification says, and what is stored of the solution before it."""
    for message in messages:
        for solution, verification in zip(message.blocks, message.blocks[1:], strict=False):
            verdict = stored_verdict(generations, solution.answer)
            if verification.kind == "verification" and verdict is not None:
                yield SAYS[verification.says], STORED[verdict != "correct"]


def _confusion(judged: Sequence[tuple[str, str]]) -> go.Heatmap:
    says = list(SAYS.values())
    counts = [[judged.count((said, stored)) for stored in STORED] for said in says]
    return go.Heatmap(
        x=list(STORED), y=[f"says {said}" if said != SAYS[None] else said for said in says], z=counts, zmin=0,
        colorscale="Blues", showscale=False, xgap=2, ygap=2, texttemplate="%{z}",
        hovertemplate="%{y}, stored as %{x}: %{z}<extra></extra>",
    )  # fmt: skip


def _table(messages: Sequence[Message], generations: Sequence[Generation]) -> Table:
    columns = (
        Column("Sample", "sample"), Column("block"), Column("says"), Column("answer"),
        Column("stored verdict", "verdict", "of the solution; the model never saw it"), Column("text"),
    )  # fmt: skip
    rows = [_row(message, place, generations) for message in messages for place in range(len(message.blocks))]
    return Table(columns, tuple(rows))


def _row(message: Message, place: int, generations: Sequence[Generation]) -> tuple[Cell, ...]:
    block = message.blocks[place]
    says = SAYS[block.says] if block.kind == "verification" else None
    verdict = stored_verdict(generations, block.answer) if block.kind == "solution" else None
    text = cut(generations, block.generation, block.start, block.end)
    return message.branch, _name(place, block).split(":")[0], says, block.answer, verdict, text
