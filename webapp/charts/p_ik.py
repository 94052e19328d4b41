"""P(IK) of a run beside how well such predictions fit problems that were held out."""

from __future__ import annotations

import plotly.graph_objects as go

from webapp.analysis.calibration import equal_count_bins
from webapp.charts.evidence import Column, Evidence, Table
from webapp.charts.look import COLOURS, QUIET, laid_out, line_style
from webapp.runs.known import FOLDS, Known, Unknown

TITLE = "P(IK): does it know, before it answers"
READING = (
    "A linear head on the model's state after the question predicts the share of right samples. It was learnt from "
    "runs of {problems} other problems with the reference answers of those problems ({samples} graded samples), "
    "never this one's. Dots are those problems, each predicted by a head that had not seen it ({folds} folds); the "
    "line joins the means of bins of equal count. On the dashed line predictions come true; the star is this "
    "question, on that line too where its samples are not graded."
)
BINS, IN_A_BIN = 10, 4  # at most so many bins, of at least so many problems
ENDS = [-0.04, 1.04]


def p_ik(known: Known | Unknown) -> Evidence:
    """Draw predictions against what came out (arXiv 2207.05221, section 5), or say why nothing is predicted."""
    if isinstance(known, Unknown):
        return Evidence(TITLE, known.why)
    reading = READING.format(problems=len(known.right), samples=known.samples, folds=FOLDS)
    return Evidence(TITLE, reading, _figure(known), _table(known))


def _figure(known: Known) -> go.Figure:
    guide = go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": QUIET, "dash": "dash", "width": 1},
    )  # fmt: skip
    figure = go.Figure([guide, _problems(known), _bins(known), _own(known)])
    laid_out(figure, x="predicted P(IK)", y="share of right samples")
    return figure.update_xaxes(range=ENDS).update_yaxes(range=ENDS)


def _problems(known: Known) -> go.Scatter:
    return go.Scatter(
        name="held-out problems", mode="markers", x=_rounded(known.predicted), y=_rounded(known.right),
        marker={"color": COLOURS[5], "size": 6, "opacity": 0.7},
        hovertemplate="P(IK) %{x:.2f}<br>right %{y:.2f}<extra></extra>",
    )  # fmt: skip


def _bins(known: Known) -> go.Scatter:
    count = max(1, min(BINS, len(known.right) // IN_A_BIN))
    bins = equal_count_bins(known.predicted, known.right, count)
    return go.Scatter(
        name="their means", mode="lines+markers", x=_rounded([b.predicted for b in bins]),
        y=_rounded([b.observed for b in bins]), customdata=[b.size for b in bins], line=line_style(0),
        marker={"size": 8, "symbol": "square"},
        hovertemplate="%{customdata} problems<br>P(IK) %{x:.2f}, right %{y:.2f}<extra></extra>",
    )  # fmt: skip


def _own(known: Known) -> go.Scatter:
    # Without a reference its samples are not graded: the star then lies on the line where it would come true.
    return go.Scatter(
        name="this question", mode="markers", x=[round(known.p_ik, 4)],
        y=[round(known.p_ik if known.own is None else known.own, 4)],
        marker={"color": COLOURS[1], "size": 15, "symbol": "star"},
        hovertemplate="this question<br>P(IK) %{x:.2f}<extra></extra>",
    )  # fmt: skip


def _table(known: Known) -> Table:
    n = len(known.right)
    rows = (
        ("P(IK) of this question", known.p_ik),
        ("Right samples of this question", known.own),
        (f"AUROC, mostly right against the rest ({n} held-out problems)", known.auroc),
        (f"Brier score over their samples ({n} problems)", known.brier),
        ("Brier score of always saying their mean", known.base_brier),
    )
    return Table((Column("What"), Column("Value", "number")), tuple(row for row in rows if row[1] is not None))


def _rounded(values: tuple[float, ...] | list[float]) -> list[float]:
    return [round(value, 4) for value in values]
