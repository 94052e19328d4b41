"""Differences in points of a percent as points with their intervals, one a row, around a line at 0."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from webapp.analysis.bootstrap import Interval
from webapp.charts.curves import beyond, dots, numbers
from webapp.charts.look import COLOURS, QUIET, laid_out, plain

ROW, FRAME = 34, 90  # pixels


def forest(
    names: Sequence[str], found: Sequence[Interval], told: Sequence[bool], *, x: str, uirevision: str
) -> go.Figure:
    """Draw differences from -1 to 1 by name; those that are `told` apart from 0 are filled, the others hollow."""
    figure = go.Figure(_points(names, found, told))
    figure.add_vline(x=0, line={"color": QUIET, "dash": "dash", "width": 1})
    laid_out(figure, x=x, y="", showlegend=False, uirevision=uirevision)
    figure.update_layout(height=FRAME + ROW * max(len(names), 2), margin={"l": 160, "r": 12, "t": 12, "b": 40})
    figure.update_yaxes(autorange="reversed", type="category")
    return figure


def _points(names: Sequence[str], found: Sequence[Interval], told: Sequence[bool]) -> go.Scatter:
    points = [100 * each.estimate for each in found]
    ends = [[100 * each.low for each in found], [100 * each.high for each in found]]
    return go.Scatter(
        x=numbers(points), y=[plain(name) for name in names], mode="markers",
        error_x=beyond(points, *ends) | {"color": COLOURS[0]}, marker=dots(told),
        customdata=list(zip(*(numbers(each) for each in ends), strict=True)),
        hovertemplate="%{y}<br>%{x:+.1f} points, %{customdata[0]:+.1f} to %{customdata[1]:+.1f}<extra></extra>",
    )  # fmt: skip
