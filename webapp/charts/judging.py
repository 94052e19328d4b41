"""Points that judgements gave to samples, and the vote before and after a check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Self

import plotly.graph_objects as go
from plotly.subplots import make_subplots
from pydantic import BaseModel, Field, model_validator

from storage.records import Generation, Score
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for
from webapp.charts.look import laid_out, line_style

POINTS_READING = (
    "Left: the points of every sample in every judgement; a column without numbers could not be read. Right: the sum "
    "so far, over the judgements that count. Lines that never cross were decided by the first judgement. The table "
    "has the judge's own principles: does it weigh what matters for this question?"
)
CHECK_READING = "How many samples gave each answer, before and after those were left out whose critique found them "


class Principle(BaseModel):
    """One criterion of a judge and its weight in percent."""

    name: str
    weight: float


class Judgement(BaseModel):
    """[n] points by sample, None where they could not be read; `used` says whether they count."""

    judgement: str = ""
    points: list[int] | None = None
    used: bool = True
    principles: list[Principle] = []


class Votes(BaseModel):
    """[n] samples by branch with their totals, and the judgements of them."""

    branches: list[int] = Field(min_length=1)
    totals: list[int]
    judgements: list[Judgement]

    @model_validator(mode="after")
    def _of_one_length(self) -> Self:
        rows = [self.totals, *(judgement.points for judgement in self.judgements if judgement.points is not None)]
        if any(len(row) != len(self.branches) for row in rows):
            raise ValueError("every judgement must give points to every sample")
        return self


class Group(BaseModel):
    """An answer and the samples that give it."""

    answer: str
    branches: list[int]


class Check(BaseModel):
    """The answers before and after a check; `certainty` of the vote before it."""

    before: list[Group]
    after: list[Group]
    certainty: dict[str, float] | None = None


@evidence_for("judge_votes")
def judged(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Draw points by sample and judgement, and their running sums (SPCT, arXiv 2504.02495)."""
    votes = Votes.model_validate(score.details)
    names = [f"sample {branch + 1}" for branch in votes.branches]
    figure = make_subplots(rows=1, cols=2, column_widths=[0.55, 0.45], horizontal_spacing=0.1)
    figure.add_trace(_heat(names, votes), row=1, col=1)
    for i, name in enumerate(names):
        figure.add_trace(_running(i, name, votes), row=1, col=2)
    laid_out(figure, x="judgement", y="", uirevision="judge_votes").update_xaxes(type="category", row=1, col=1)
    figure.update_xaxes(title={"text": "judgements that count"}, dtick=1, row=1, col=2)
    figure.update_yaxes(title={"text": "points so far"}, rangemode="tozero", row=1, col=2)
    sound = {s.generation_id: s.value for s in scores if s.name == "p_sound" and s.generation_id}
    return Evidence("Points of the judgements", POINTS_READING, figure, _judgements(votes, sound))


@evidence_for("check_kept")
def checked(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Show the vote before and after a self-check (arXiv 2310.04815)."""
    check = Check.model_validate(score.details)
    left = {group.answer: len(group.branches) for group in check.after}
    columns = (Column("Answer"), Column("before", "bar"), Column("after", "bar"))
    rows = tuple(
        (group.answer, float(len(group.branches)), float(left.get(group.answer, 0))) for group in check.before
    )
    certain = ", ".join(f"{name.replace('_', ' ')} {value:.2f}" for name, value in (check.certainty or {}).items())
    reading = f"{CHECK_READING}incorrect.{f' Certainty before: {certain}.' if certain else ''}"
    return Evidence("The vote before and after the check", reading, table=Table(columns, rows))


def _heat(names: Sequence[str], votes: Votes) -> go.Heatmap:
    rows = [[each.points[i] if each.points else None for each in votes.judgements] for i in range(len(names))]
    heads = [f"{number}{'' if each.used else ' (left out)'}" for number, each in enumerate(votes.judgements, 1)]
    return go.Heatmap(
        x=heads, y=list(names), z=rows, zmin=1, zmax=10, colorscale="Blues", showscale=False, xgap=2, ygap=2,
        texttemplate="%{z}", hovertemplate="%{y}, judgement %{x}<br>%{z} points<extra></extra>",
    )  # fmt: skip


def _running(index: int, name: str, votes: Votes) -> go.Scatter:
    given = [judgement.points[index] for judgement in votes.judgements if judgement.used and judgement.points]
    sums = list(accumulate(given))
    return go.Scatter(
        name=name, x=list(range(1, len(sums) + 1)), y=sums, mode="lines+markers", line=line_style(index),
        hovertemplate="%{y} points after %{x}<extra>%{fullData.name}</extra>",
    )  # fmt: skip


def _judgements(votes: Votes, sound: Mapping[str, float | None]) -> Table:
    columns = [Column("Judgement"), Column("principles"), Column("points"), Column("counts")]
    rows: list[list[Cell]] = [_row(number, judgement) for number, judgement in enumerate(votes.judgements, 1)]
    if sound:
        columns.append(Column("P(sound)", "bar", "what the model thinks of the judgement", 1.0))
        for row, judgement in zip(rows, votes.judgements, strict=True):
            row.append(sound.get(judgement.judgement))
    return Table(tuple(columns), tuple(tuple(row) for row in rows))


def _row(number: int, judgement: Judgement) -> list[Cell]:
    principles = "; ".join(f"{each.name} ({each.weight:g} %)" for each in judgement.principles)
    points = None if judgement.points is None else ", ".join(map(str, judgement.points))
    return [str(number), principles or None, points, "yes" if judgement.used else "no"]
