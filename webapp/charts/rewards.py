"""What resampling behind an imperfect verifier earns, and how pure it stays."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from webapp.analysis.coverage import log_spaced
from webapp.analysis.flaws import Attempts, Values, best_attempts
from webapp.charts.curves import DRAWN, line, numbers
from webapp.charts.evidence import Cell, Column, Evidence, Table
from webapp.charts.look import COLOURS, laid_out

READING = (
    "A text is drawn again until the check accepts it, at most K times. Left: what a problem earns on average, "
    "{right:g} for a right answer that is shipped, less for a wrong one, by how much a wrong one costs; the star is "
    "the best K, which is none where no line rises above 0. Right: how much of what is shipped is right. It falls "
    "with K where late acceptances come from hard problems."
)
MARKED = 20  # numbers of attempts up to which each is marked
COLUMNS = (
    Column("Worth"), Column("best attempts", "number", "0: better not to answer"),
    Column("reward there", "number"), Column("reward at 1", "number"), Column("reward at most", "number"),
    Column("right of what is shipped", "bar", "at the best number of attempts", 1.0),
)  # fmt: skip


def rewards(attempts: Attempts, values: Sequence[Values]) -> Evidence:
    """Draw reward and precision against attempts, one line for each way to value them (arXiv 2411.17501)."""
    figure = make_subplots(rows=1, cols=2, column_widths=[0.6, 0.4], horizontal_spacing=0.18)
    k = log_spaced(len(attempts.reached), DRAWN)
    places = k - 1
    for index, each in enumerate(values):
        earned = attempts.rewards(each)
        shown = line(_name(each), k, earned[places], index, marks=len(k) <= MARKED)
        figure.add_trace(
            shown.update(hovertemplate="up to %{x}: %{y:.3f}<extra>%{fullData.name}</extra>"), row=1, col=1
        )
        if best := best_attempts(earned):
            figure.add_trace(_star(best, earned[best - 1], index), row=1, col=1)
    precision = line("right of what is shipped", k, attempts.precision[places], 0, marks=False)
    precision.update(showlegend=False, hovertemplate="up to %{x}: %{y:.1%} right<extra></extra>")
    figure.add_trace(precision, row=1, col=2)
    laid_out(figure, x="attempts at most (K)", y="reward", uirevision="rewards")
    figure.update_xaxes(type="log", dtick="D2").update_xaxes(title={"text": "attempts at most (K)"}, row=1, col=2)
    figure.update_yaxes(title={"text": "precision"}, tickformat=".1%", row=1, col=2)
    reading = READING.format(right=values[0].right if values else 1.0)
    rows = tuple(_row(attempts, each) for each in values)
    return Evidence("Resampling behind a check", reading, figure, Table(COLUMNS, rows))


def _name(values: Values) -> str:
    return f"wrong: {values.wrong:g}" + (f", attempt: {-values.cost:g}" if values.cost else "")


def _star(best: int, reward: float, index: int) -> go.Scatter:
    return go.Scatter(
        x=[best], y=numbers([reward]), mode="markers", showlegend=False,
        marker={"color": COLOURS[index % len(COLOURS)], "size": 14, "symbol": "star"},
        hovertemplate="best: up to %{x} attempts, %{y:.3f}<extra></extra>",
    )  # fmt: skip


def _row(attempts: Attempts, values: Values) -> tuple[Cell, ...]:
    earned = attempts.rewards(values)
    best = best_attempts(earned)
    [pure] = numbers(attempts.precision[best - 1 : best]) if best else [None]
    return _name(values), best, float(earned[best - 1]) if best else 0.0, float(earned[0]), float(earned[-1]), pure
