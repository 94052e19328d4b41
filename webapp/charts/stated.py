"""What the model says of its confidence against how often its samples agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from pydantic import AliasChoices, BaseModel, Field

from storage.records import Generation, Score
from webapp.charts.evidence import Column, Evidence, Table, evidence_for
from webapp.charts.look import COLOURS, QUIET, laid_out

SCALE = 10
READING = (
    "Across: ten times the share of samples that give the same answer. Up: the confidence that the model states, 1 "
    "to 10. On the dashed line it says as much as its samples agree; above it, it is surer in words than in deeds. "
    "Larger dots are several samples."
)


class Point(BaseModel):
    """One sample; a stated confidence of 0 or None was not stated, an empirical one of None has no answer."""

    branch: int
    stated: int | None = Field(None, ge=0, le=SCALE)
    empirical: int | None = Field(None, ge=0, le=SCALE)
    rationale: str = ""


class Points(BaseModel):
    """The samples of a run."""

    points: list[Point] = Field(validation_alias=AliasChoices("points", "samples"))


@evidence_for("stated_vs_empirical", "confidence_gap")
def stated(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Draw a dot where samples have both numbers, and list all of them (SaySelf, arXiv 2405.20974)."""
    points = Points.model_validate(score.details).points
    places: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for point in points:
        if point.stated and point.empirical is not None:
            places[point.empirical, point.stated].append(point.branch + 1)
    return Evidence("Stated against empirical confidence", READING, _figure(places), _table(points))


def _figure(places: Mapping[tuple[int, int], Sequence[int]]) -> go.Figure:
    guide = go.Scatter(
        x=[0, SCALE], y=[0, SCALE], mode="lines", hoverinfo="skip", line={"color": QUIET, "dash": "dash", "width": 1}
    )
    dots = go.Scatter(
        x=[empirical for empirical, _ in places], y=[stated for _, stated in places], mode="markers",
        marker={"color": COLOURS[1], "size": [9 + 3 * len(samples) for samples in places.values()], "opacity": 0.85},
        hovertext=[f"sample {', '.join(map(str, samples))}" for samples in places.values()],
        hovertemplate="%{hovertext}<br>states %{y}, agrees %{x}<extra></extra>",
    )  # fmt: skip
    ends = [-0.4, SCALE + 0.4]
    figure = laid_out(go.Figure([guide, dots]), x="empirical (10 × agreement)", y="stated", showlegend=False)
    return figure.update_xaxes(range=ends, dtick=2).update_yaxes(range=ends, dtick=2)


def _table(points: Sequence[Point]) -> Table:
    columns = (
        Column("Sample", "sample"), Column("stated", "bar", whole=SCALE), Column("empirical", "bar", whole=SCALE),
        Column("why"),
    )  # fmt: skip
    return Table(columns, tuple((p.branch, p.stated or None, p.empirical, p.rationale or None) for p in points))
