"""Which answer a Borda vote would choose at every power of the ranks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from pydantic import BaseModel, Field, FiniteFloat

from storage.records import Generation, Score
from webapp.analysis.borda import points
from webapp.charts.evidence import Column, Evidence, Table, evidence_for
from webapp.charts.look import QUIET, laid_out, line_style, plain

POWERS = [round(float(power), 2) for power in np.linspace(0, 4, 41)]
LINES_AT_MOST = 8
READING = (
    "The share of all points that each answer gets if rank r of N gives (N − r + 1)^p, for every p. On the left "
    "(p = 0) that is a plain vote; the further right, the more the surest samples decide. The highest line wins; "
)
MARKED, BEYOND = "the dashed line is the p of this run.", "the p of this run, {power:g}, lies further right."


class Ranked(BaseModel):
    """One sample; an answer of None votes for none."""

    branch: int
    rank: int = Field(ge=1)
    self_certainty: FiniteFloat
    points: FiniteFloat
    answer: str | None = None


class Ranking(BaseModel):
    """The samples of a run, and the power that it used."""

    ranking: list[Ranked] = Field(min_length=1, max_length=1000)
    power: FiniteFloat = Field(ge=0)


@evidence_for("borda_share")
def borda(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Draw the share of every answer against the power, and list the ranks (Self-Certainty, arXiv 2502.18581)."""
    found = Ranking.model_validate(score.details)
    shares = _shares(found.ranking)
    most = sorted(shares, key=lambda answer: -max(shares[answer]))[:LINES_AT_MOST]
    reading = READING + (MARKED if found.power <= POWERS[-1] else BEYOND.format(power=found.power))
    figure = _figure(most, shares, found.power)
    return Evidence("Borda vote at every power", reading, figure, _table(found.ranking))


def _shares(ranking: Sequence[Ranked]) -> Mapping[str, list[float]]:
    """Return for each answer its share of the points at each of the powers."""
    shares: defaultdict[str, list[float]] = defaultdict(lambda: [0.0] * len(POWERS))
    for i, power in enumerate(POWERS):
        given = points([min(row.rank, len(ranking)) for row in ranking], power)
        voting = [(row.answer, each) for row, each in zip(ranking, given, strict=True) if row.answer is not None]
        for answer, each in voting:
            shares[answer][i] += each / sum(each for _, each in voting)
    return shares


def _figure(answers: Sequence[str], shares: Mapping[str, list[float]], power: float) -> go.Figure:
    lines = [
        go.Scatter(
            name=plain(answer), mode="lines", x=POWERS, y=[round(share, 4) for share in shares[answer]],
            line=line_style(i), hovertemplate="p = %{x}<br>%{y:.1%}<extra>%{fullData.name}</extra>",
        )
        for i, answer in enumerate(answers)
    ]  # fmt: skip
    figure = laid_out(go.Figure(lines), x="power of the ranks (p)", y="share of the points", showlegend=True)
    if power <= POWERS[-1]:
        figure.add_vline(x=power, line={"color": QUIET, "dash": "dash", "width": 1})
    return figure.update_yaxes(rangemode="tozero", tickformat=".0%")


def _table(ranking: Sequence[Ranked]) -> Table:
    columns = (
        Column("Rank", "number"), Column("Sample", "sample"), Column("Answer"),
        Column("self-certainty", "bar", "mean KL(uniform || p) of its tokens, in nats"),
        Column("points", "bar", "what it gives to its answer at the p of this run"),
    )  # fmt: skip
    ordered = sorted(ranking, key=lambda row: row.rank)
    return Table(columns, tuple((r.rank, r.branch, r.answer, r.self_certainty, r.points) for r in ordered))
