"""Accuracy at temperatures that were not drawn, and how far the texts that were can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from webapp.analysis.bootstrap import Interval
from webapp.analysis.refusal import Refusal
from webapp.analysis.temperatures import MOSTLY, Point
from webapp.charts.curves import band, beyond, line, numbers
from webapp.charts.evidence import Column, Evidence, Table
from webapp.charts.look import COLOURS, QUIET, laid_out

TITLE = "Accuracy at other temperatures"
READING = (
    "Texts that were drawn at the diamonds' temperatures are weighed by how much likelier they are at another one. "
    "Up: accuracy, with an interval that draws questions. Underneath: the share of the texts that still counts. "
    "Hollow points are not to be relied on: for more than {few:.0f} % of the questions too few texts carry the "
    "weight. Towards hotter temperatures weights look better than they are: texts that were never drawn have none. "
    "Draw some there to check."
)
COLUMNS = (
    Column("Temperature", "number"), Column("accuracy", "bar", whole=1.0), Column("from", "number"),
    Column("to", "number"), Column("slope", "number", "accuracy by temperature"),
    Column("effective", "bar", "share of the texts that counts", 1.0),
    Column("weights hold", "bar", "share of the questions", 1.0), Column("reliable"),
)  # fmt: skip
HEIGHT = 400  # pixels


def temperatures(points: Sequence[Point] | Refusal, drawn: Mapping[float, Interval] | None = None) -> Evidence:
    """Draw estimates at each temperature, and what was measured where texts were drawn; or say why there are none."""
    if isinstance(points, Refusal):
        return Evidence(TITLE, points.why)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.7, 0.3], vertical_spacing=0.08)
    at = [point.temperature for point in points]
    figure.add_trace(band("estimated", at, [p.low for p in points], [p.high for p in points], 0), row=1, col=1)
    figure.add_trace(_estimates(points), row=1, col=1)
    if drawn:
        figure.add_trace(_drawn(drawn), row=1, col=1)
    effective = line("effective texts", at, [p.effective for p in points], 1, showlegend=False)
    figure.add_trace(effective.update(hovertemplate="T = %{x}: %{y:.0%} effective<extra></extra>"), row=2, col=1)
    laid_out(figure, x="", y="accuracy", height=HEIGHT, uirevision="temperatures")
    figure.update_yaxes(tickformat=".0%").update_yaxes(title={"text": "ESS / N"}, range=[0, 1.05], row=2, col=1)
    figure.update_xaxes(title={"text": "temperature"}, row=2, col=1)
    rows = tuple((*each, "yes" if each.reliable else "no") for each in points)
    return Evidence(TITLE, READING.format(few=100 * (1 - MOSTLY)), figure, Table(COLUMNS, rows))


def _estimates(points: Sequence[Point]) -> go.Scatter:
    trace = line("estimated", [p.temperature for p in points], [p.accuracy for p in points], 0)
    marker = {
        "symbol": ["circle" if each.reliable else "circle-open" for each in points],
        "color": [COLOURS[0] if each.reliable else QUIET for each in points], "size": 9,
        "line": {"color": QUIET, "width": 1},
    }  # fmt: skip
    return trace.update(marker=marker, hovertemplate="T = %{x}: %{y:.1%}<extra></extra>")


def _drawn(drawn: Mapping[float, Interval]) -> go.Scatter:
    at = sorted(drawn)
    middle = [drawn[t].estimate for t in at]
    arms = beyond(middle, [drawn[t].low for t in at], [drawn[t].high for t in at])
    return go.Scatter(
        name="drawn", x=numbers(at), y=numbers(middle), mode="markers", error_y=arms | {"color": COLOURS[1]},
        marker={"color": COLOURS[1], "size": 11, "symbol": "diamond"},
        hovertemplate="drawn at T = %{x}: %{y:.1%}<extra></extra>",
    )  # fmt: skip
