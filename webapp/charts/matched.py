"""How much better methods are than a vote of samples that costs the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from webapp.analysis.bootstrap import LEVEL, Interval
from webapp.analysis.refusal import Refusal
from webapp.charts.curves import beyond, dots, numbers
from webapp.charts.evidence import Cell, Column, Evidence, Table
from webapp.charts.look import COLOURS, QUIET, laid_out, plain

TITLE = "At the same number of tokens"
READING = (
    "How much more accurate each method is than {baseline}, a vote of as many of its samples as cost the same on "
    "average, on the same problems, in points of a percent, with a {level:g} % interval that draws problems. Between "
    "two sizes of a vote the budget buys the larger one for some of the problems. Filled: the interval leaves 0 out."
)
COLUMNS = (
    Column("Method"), Column("tokens", "number", "its mean cost of a problem, the budget of both"),
    Column("problems", "number", "that both have"), Column("points", "number"), Column("from", "number"),
    Column("to", "number"), Column("note"),
)  # fmt: skip
ROW, FRAME = 34, 90  # pixels


class Against(NamedTuple):
    """A method, the tokens it generates for a problem, shared problems, and its lead over a vote at that cost."""

    name: str
    tokens: float
    problems: int
    lead: Interval | Refusal


def matched(baseline: str, found: Sequence[Against]) -> Evidence:
    """Draw the lead of each method that can be matched as a point with its interval; the others are in the table."""
    figure = go.Figure(_points([(each.name, each.lead) for each in found if isinstance(each.lead, Interval)]))
    figure.add_vline(x=0, line={"color": QUIET, "dash": "dash", "width": 1})
    laid_out(figure, x="lead at the same tokens (points)", y="", showlegend=False, uirevision="matched")
    figure.update_layout(height=FRAME + ROW * max(len(found), 2), margin={"l": 160, "r": 12, "t": 12, "b": 40})
    figure.update_yaxes(autorange="reversed", type="category")
    reading = READING.format(baseline=baseline, level=100 * LEVEL)
    shown = figure if any(isinstance(each.lead, Interval) for each in found) else None
    return Evidence(TITLE, reading, shown, Table(COLUMNS, tuple(map(_row, found))))


def _points(found: Sequence[tuple[str, Interval]]) -> go.Scatter:
    points = [100 * lead.estimate for _, lead in found]
    ends = [[100 * lead.low for _, lead in found], [100 * lead.high for _, lead in found]]
    return go.Scatter(
        x=numbers(points), y=[plain(name) for name, _ in found], mode="markers",
        error_x=beyond(points, *ends) | {"color": COLOURS[0]},
        marker=dots([lead.low > 0 or lead.high < 0 for _, lead in found]),
        customdata=list(zip(*(numbers(each) for each in ends), strict=True)),
        hovertemplate="%{y}<br>%{x:+.1f} points, %{customdata[0]:+.1f} to %{customdata[1]:+.1f}<extra></extra>",
    )  # fmt: skip


def _row(each: Against) -> tuple[Cell, ...]:
    if isinstance(each.lead, Refusal):
        return each.name, each.tokens, each.problems, None, None, None, each.lead.why
    return each.name, each.tokens, each.problems, *(100 * end for end in each.lead), ""
