"""Which signal predicts that an answer is right, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from webapp.analysis.signals import LOWER_IS_SURER, Signal
from webapp.charts.curves import beyond, numbers
from webapp.charts.evidence import Column, Evidence, Table
from webapp.charts.look import COLOURS, QUIET, laid_out, plain

READING = (
    "AUROC of each signal: how probably a right answer has the surer value of a right and a wrong one. On the dashed "
    "line, 0.5, a signal tells nothing; left of it, it is surer of wrong answers. Whiskers draw problems at random "
    "(95 %). Signals marked with an arrow were turned round: for them lower is surer."
)
COLUMNS = (
    Column("Signal"), Column("AUROC", "bar", whole=1.0), Column("from", "number"), Column("to", "number"),
    Column("right", "number", "right answers that have it"), Column("wrong", "number", "wrong answers that have it"),
)  # fmt: skip
ROW, FRAME = 30, 90  # pixels


def signals(judged: Sequence[Signal]) -> Evidence:
    """Draw judged signals, one a row in their order; those without right and wrong answers are in the table alone."""
    known = [each for each in judged if each.auroc is not None]
    figure = go.Figure(_points(known))
    figure.add_vline(x=0.5, line={"color": QUIET, "dash": "dash", "width": 1})
    laid_out(figure, x="AUROC", y="", showlegend=False, uirevision="signals")
    figure.update_layout(height=FRAME + ROW * max(len(known), 2), margin={"l": 150, "r": 12, "t": 12, "b": 40})
    figure.update_yaxes(autorange="reversed", type="category")
    rows = tuple((_name(s), s.auroc, s.low, s.high, s.right, s.wrong) for s in judged)
    return Evidence("Which signal predicts a right answer", READING, figure, Table(COLUMNS, rows))


def _points(known: Sequence[Signal]) -> go.Scatter:
    middle = [float(each.auroc or 0) for each in known]
    arms = beyond(middle, [float(each.low or 0) for each in known], [float(each.high or 0) for each in known])
    return go.Scatter(
        x=numbers(middle), y=[plain(_name(each)) for each in known], mode="markers",
        error_x=arms | {"color": COLOURS[0]}, marker={"color": COLOURS[0], "size": 9, "symbol": "square"},
        hovertemplate="%{y}: %{x:.3f}<extra></extra>",
    )  # fmt: skip


def _name(signal: Signal) -> str:
    return signal.name.replace("_", " ") + (" ↓" if signal.name in LOWER_IS_SURER else "")
