"""What more samples buy: coverage, what selection makes of it, and the law it follows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from webapp.analysis.coverage import Curve
from webapp.analysis.power_law import BEYOND, PowerLaw
from webapp.analysis.selection import SUBSETS
from webapp.charts.curves import band, guide, line
from webapp.charts.evidence import Cell, Column, Evidence, Table
from webapp.charts.look import laid_out

READING = (
    "Across: how many samples of a problem, on a log scale. Up: the share of problems answered right, over all ways "
    "to take so many from those there are (of votes over {subsets} random ones). Coverage counts a problem when any "
    "sample is right: the gap to the other lines is what a better selection could still gain. Bands draw problems at "
    "random (95 %)."
)
LAW = (
    " The dashed line is coverage = exp({a:.3f} k^{b:.3f}), on average {error:.3f} off; the straight line through "
    "logs of logs gives {line_a:.3f} and {line_b:.3f}. It is not drawn beyond {beyond} times the samples there are."
)
STEPS = 60


def coverage(curves: Mapping[str, Curve], law: PowerLaw | None = None) -> Evidence:
    """Draw curves by name, the coverage first, and the exponentiated power law of it (arXiv 2407.21787)."""
    figure = go.Figure()
    for index, (name, curve) in enumerate(curves.items()):
        figure.add_trace(band(name, curve.k, curve.low, curve.high, index))
        figure.add_trace(
            line(
                name,
                curve.k,
                curve.mean,
                index,
                hovertemplate="%{x} samples: %{y:.1%}<extra>%{fullData.name}</extra>",
            )
        )
    if law is not None:
        k = np.geomspace(1, BEYOND * law.seen, STEPS).clip(max=BEYOND * law.seen)
        figure.add_trace(guide(k.tolist(), law.at(k).tolist(), name="power law", showlegend=True))
    laid_out(figure, x="samples (k)", y="problems right", uirevision="coverage")
    figure.update_xaxes(type="log").update_yaxes(rangemode="tozero", tickformat=".0%")
    return Evidence("Coverage and selection", READING.format(subsets=SUBSETS) + _law(law), figure, _table(curves))


def _law(law: PowerLaw | None) -> str:
    if law is None:
        return ""
    a, b = law.line
    return LAW.format(a=law.a, b=law.b, error=law.error, line_a=a, line_b=b, beyond=BEYOND)


def _table(curves: Mapping[str, Curve]) -> Table:
    columns = (
        Column("What"), Column("samples", "number"), Column("right", "bar", "share of problems", 1.0),
        Column("from", "number", "lower end of the interval"), Column("to", "number", "upper end of the interval"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (name, *row)
        for name, curve in curves.items()
        for row in zip(curve.k.tolist(), curve.mean.tolist(), curve.low.tolist(), curve.high.tolist(), strict=True)
    ]
    return Table(columns, tuple(rows))
