"""Accuracy against what it costs, and which methods are worth their price."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import NamedTuple

import plotly.graph_objects as go

from webapp.analysis.bootstrap import Interval
from webapp.analysis.budget import pareto
from webapp.charts.curves import beyond, dots, guide, numbers
from webapp.charts.evidence import Column, Evidence, Table
from webapp.charts.look import QUIET, laid_out, plain

READING = (
    "Each point is a method: across its mean cost of a problem in {unit}, on a log scale, up its accuracy with a 95 "
    "% interval. Filled points are on the Pareto front, the dashed steps: no other is as accurate for as little. A "
    "hollow point is beaten by one to its upper left."
)
LEFT, RIGHT = 0.1, 0.4  # powers of ten beside the points: names stand to the right of them


class Priced(NamedTuple):
    """A method, what a problem costs it on average, and its accuracy."""

    name: str
    cost: float
    accuracy: Interval


def cost(methods: Sequence[Priced], unit: str = "generated tokens") -> Evidence:
    """Draw accuracy against cost with the Pareto front; costs are above 0, in the named unit.

    Raises:
        ValueError: if there is no method.

    """
    front = pareto([m.cost for m in methods], [m.accuracy.estimate for m in methods]).tolist()
    best = sorted(m.cost for m, on in zip(methods, front, strict=True) if on)
    reached = {m.cost: m.accuracy.estimate for m, on in zip(methods, front, strict=True) if on}
    steps = guide(best, [reached[each] for each in best], name="Pareto front", showlegend=True)
    figure = go.Figure([steps.update(line_shape="hv"), _points(methods, front)])
    laid_out(figure, x=f"{unit} a problem", y="accuracy", uirevision="cost")
    ends = [log10(min(m.cost for m in methods)) - LEFT, log10(max(m.cost for m in methods)) + RIGHT]
    figure.update_xaxes(type="log", dtick="D2", range=ends).update_yaxes(tickformat=".0%")
    columns = (
        Column("Method"), Column(unit, "number", "mean of a problem"), Column("accuracy", "bar", whole=1.0),
        Column("from", "number"), Column("to", "number"), Column("on the front"),
    )  # fmt: skip
    rows = tuple(
        (m.name, m.cost, m.accuracy.estimate, m.accuracy.low, m.accuracy.high, "yes" if on else "no")
        for m, on in zip(methods, front, strict=True)
    )
    return Evidence("Accuracy against cost", READING.format(unit=unit), figure, Table(columns, rows))


def _points(methods: Sequence[Priced], front: Sequence[bool]) -> go.Scatter:
    accuracy = [m.accuracy.estimate for m in methods]
    arms = beyond(accuracy, [m.accuracy.low for m in methods], [m.accuracy.high for m in methods])
    return go.Scatter(
        x=numbers([m.cost for m in methods]), y=numbers(accuracy), mode="markers+text", showlegend=False,
        text=[plain(m.name) for m in methods], textposition="middle right", error_y=arms | {"color": QUIET},
        marker=dots(front),
        hovertemplate="%{text}<br>%{y:.1%} for %{x:.4g}<extra></extra>",
    )  # fmt: skip
