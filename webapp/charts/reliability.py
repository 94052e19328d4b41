"""Do predicted probabilities come true: the reliability diagram, in numbers and beside what was predicted."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray
from plotly.subplots import make_subplots

from webapp.analysis import brier, calibration
from webapp.analysis.calibration import Bin
from webapp.charts.curves import guide, line, numbers
from webapp.charts.evidence import Column, Evidence, Table
from webapp.charts.look import COLOURS, laid_out

BINS = 10  # as in the paper
HEIGHT = 400  # pixels
READING = (
    "Predictions are cut into {bins} bins. Across: the mean prediction of a bin; up: the share of it that is right. "
    "On the dashed line predictions come true; below it they are too sure. Circles are bins of equal count, squares "
    "of equal width: a small bin may be far off by chance. Underneath: how often each probability was predicted, of "
    "right and of wrong answers. {n} answers, {right:.1f} % of them right. ECE {ece:.3f} over bins of equal count, "
    "{ece_width:.3f} over bins of equal width."
)
COLUMNS = (
    Column("Bins of"), Column("mean prediction", "bar", whole=1.0), Column("right", "bar", "share of right", 1.0),
    Column("gap", "number", "right - prediction: below 0 is too sure"), Column("answers", "number"),
)  # fmt: skip


def reliability(predictions: ArrayLike, right: ArrayLike, bins: int = BINS) -> Evidence:
    """Draw [N] predicted probabilities against [N] what came out (arXiv 2207.05221, appendix A.1).

    `right` is 0 or 1, or the share of right samples behind a prediction.
    """
    p, f = np.asarray(predictions, dtype=np.float64), np.asarray(right, dtype=np.float64)
    counted, wide = calibration.equal_count_bins(p, f, bins), calibration.equal_width_bins(p, f, bins)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.75, 0.25], vertical_spacing=0.06)
    for index, (name, found) in enumerate((("equal count", counted), ("equal width", wide))):
        figure.add_trace(_bins(name, found, index), row=1, col=1)
    figure.add_trace(guide([0, 1], [0, 1]), row=1, col=1)
    for trace in _histograms(p, f):
        figure.add_trace(trace, row=2, col=1)
    reading = READING.format(
        bins=bins, n=len(p), right=100 * f.mean(), ece=calibration.calibration_error(counted),
        ece_width=calibration.calibration_error(wide),
    )  # fmt: skip
    rows = [(name, b.predicted, b.observed, b.observed - b.predicted, b.size)
            for name, found in (("equal count", counted), ("equal width", wide)) for b in found]  # fmt: skip
    return Evidence("Reliability", reading, _axes(figure), Table(COLUMNS, tuple(rows)))


def calibration_scores(predictions: ArrayLike, right: ArrayLike, bins: int = BINS) -> Evidence:
    """List what the same predictions are worth: calibration errors, the Brier score in parts, AUROC."""
    p, f = np.asarray(predictions, dtype=np.float64), np.asarray(right, dtype=np.float64)
    parts = brier.decompose(p, f, calibration.equal_counts(p, bins))
    counted, wide = calibration.equal_count_bins(p, f, bins), calibration.equal_width_bins(p, f, bins)
    rows = (
        (f"ECE, {bins} bins of equal count", calibration.calibration_error(counted), "lower"),
        (f"ECE, {bins} bins of equal width", calibration.calibration_error(wide), "lower"),
        ("RMS error, bins of equal count", calibration.rms_error(counted), "lower"),
        ("RMS error, bins of equal width", calibration.rms_error(wide), "lower"),
        ("Brier score", parts.score, "lower"),
        ("its reliability", parts.reliability, "lower"),
        ("its resolution", parts.resolution, "higher"),
        ("its uncertainty", parts.uncertainty, "given by the problems"),
        ("within bins", parts.within, "0 for narrow bins"),
        ("AUROC, mostly right against the rest", calibration.auroc(p, f > 0.5), "higher"),
    )
    columns = (Column("What"), Column("Value", "number"), Column("Better"))
    reading = (
        "Brier = reliability - resolution + uncertainty + within bins. A low calibration error alone says little: "
        "always predicting the mean has it too, with a resolution of 0."
    )
    return Evidence("Calibration in numbers", reading, table=Table(columns, rows))


def _bins(name: str, bins: list[Bin], index: int) -> go.Scatter:
    return line(
        f"bins of {name}", [b.predicted for b in bins], [b.observed for b in bins], index,
        customdata=[b.size for b in bins],
        hovertemplate="%{customdata} answers<br>predicted %{x:.3f}, right %{y:.3f}<extra>%{fullData.name}</extra>",
    )  # fmt: skip


def _histograms(p: NDArray[np.float64], f: NDArray[np.float64]) -> list[go.Bar]:
    """Return counts of twenty equal widths, of right answers upwards and of wrong ones downwards."""
    edges = np.linspace(0, 1, 21)
    right, wrong = (np.histogram(p, edges, weights=each)[0] for each in (f, 1 - f))
    looks = (("right", right, COLOURS[2], ""), ("wrong", -wrong, COLOURS[1], "/"))
    return [
        go.Bar(
            name=name, x=numbers((edges[1:] + edges[:-1]) / 2), y=numbers(counts), width=0.045,
            marker={"color": colour, "pattern": {"shape": pattern}}, customdata=numbers(np.abs(counts)),
            hovertemplate="%{customdata} " + name + "<br>predicted about %{x:.3f}<extra></extra>",
        )
        for name, counts, colour, pattern in looks
    ]  # fmt: skip


def _axes(figure: go.Figure) -> go.Figure:
    laid_out(figure, x="", y="share right", height=HEIGHT, barmode="relative", uirevision="reliability")
    figure.update_yaxes(range=[-0.04, 1.04], row=1, col=1).update_yaxes(title={"text": "answers"}, row=2, col=1)
    figure.update_xaxes(range=[-0.04, 1.04])
    return figure.update_xaxes(title={"text": "predicted probability"}, row=2, col=1)
