"""How wrong answers become fewer when only the surest are given."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
from numpy.typing import ArrayLike

from webapp.analysis.risk_coverage import RiskCoverage
from webapp.analysis.risk_coverage import risk_coverage as measured
from webapp.charts.curves import guide, line, thinned
from webapp.charts.evidence import Cell, Column, Evidence, Table
from webapp.charts.look import laid_out

READING = (
    "Answers in the order of a score, the surest first. Across: the share that is given; up: how many of these are "
    "wrong. A score that knows nothing is level; the dashed line puts every right answer first, which nobody can do "
    "better. AURC is the mean height of a line, its excess what it loses to the dashed one."
)
AT = (0.25, 0.5, 0.75, 1.0)


def risk_coverage(scores: Mapping[str, ArrayLike], right: ArrayLike) -> Evidence:
    """Draw risk against coverage for scores by name, each [n], higher is surer (arXiv 1805.08206).

    Raises:
        ValueError: if an answer has no score (NaN).

    """
    curves = {name: measured(values, right) for name, values in scores.items()}
    figure = go.Figure([_line(name, curve, index) for index, (name, curve) in enumerate(curves.items())])
    for best in list(curves.values())[:1]:  # the same for every score: it is about which answers are right
        places = thinned(len(best.best))
        figure.add_trace(guide(best.coverage[places].tolist(), best.best[places].tolist(), name="best order"))
    laid_out(figure, x="coverage", y="risk (share wrong)", uirevision="risk_coverage")
    figure.update_xaxes(range=[0, 1.02]).update_yaxes(rangemode="tozero")
    columns = (
        Column("Score"), Column("AURC", "number", "lower is better"), Column("excess", "number", "lower is better"),
        *(Column(f"risk at {100 * share:.0f} %", "bar", whole=1.0) for share in AT),
        Column("coverage at 5 % risk", "bar", whole=1.0),
    )  # fmt: skip
    rows = tuple(_row(name, curve) for name, curve in curves.items())
    return Evidence("Risk against coverage", READING, figure, Table(columns, rows))


def _line(name: str, curve: RiskCoverage, index: int) -> go.Scatter:
    places = thinned(len(curve.risk))
    return line(
        name, curve.coverage[places], curve.risk[places], index, marks=False,
        customdata=curve.scores[places].tolist(),
        hovertemplate="the surest %{x:.1%}: %{y:.1%} wrong<br>scores from %{customdata:.4g}"
        "<extra>%{fullData.name}</extra>",
    )  # fmt: skip


def _row(name: str, curve: RiskCoverage) -> tuple[Cell, ...]:
    return name, curve.area, curve.excess, *(curve.risk_at(share) for share in AT), curve.coverage_at(0.05)
