"""What drawing fewer samples, or finishing fewer, was decided by, and what it saved."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots
from pydantic import BaseModel, Field

from storage.records import Generation, Score
from webapp.analysis.adaptive import used_and_best
from webapp.charts.evidence import Column, Evidence, Table, evidence_for
from webapp.charts.look import COLOURS, QUIET, laid_out, line_style

STOP_READING = (
    "Left: what the model gave as probability that starting over would not be better, sample after sample; {where} "
    "the dashed line drawing stops. Right: how many of these samples other thresholds would have drawn one by "
    "one. A line that only climbs at the far right means that the model says much the same of every answer."
)
PRUNE_READING = (
    "The same probability for every beginning at the checkpoint. Filled dots were finished, hollow ones given up. "
    "Squares are the finished samples, judged again: where they are far from their dots, the checkpoint is too early."
)


class Drawn(BaseModel):
    """One sample of adaptive sampling, in the order of drawing."""

    branch: int
    temperature: float
    p_no_better: float = Field(ge=0, le=1)
    bar: float | None = None
    tokens: int = 0


class Drawing(BaseModel):
    """The samples drawn, of at most `most`; what each is held against stands with it, or in old runs once for all."""

    samples: list[Drawn] = Field(min_length=1)
    most: int
    stop: str = "threshold"
    threshold: float | None = None


class Begun(BaseModel):
    """One sample of early pruning: its probability at the checkpoint, and in the end unless it was given up."""

    branch: int
    begun: float = Field(ge=0, le=1)
    finished: float | None = Field(None, ge=0, le=1)


class Pruning(BaseModel):
    """The samples begun, with the mean tokens of a beginning and of a finished sample."""

    samples: list[Begun] = Field(min_length=1)
    mean_begun: float
    mean_length: float


@evidence_for("tokens_saved")
def stopped(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Draw the scores against the threshold, and what other thresholds would have drawn (arXiv 2410.02725)."""
    drawing = Drawing.model_validate(score.details)
    figure = make_subplots(rows=1, cols=2, column_widths=[0.6, 0.4], horizontal_spacing=0.1)
    figure.add_trace(_in_order(drawing.samples), row=1, col=1)
    figure.add_trace(_bars(drawing), row=1, col=1)
    figure.add_trace(_sweep(drawing), row=1, col=2)
    laid_out(figure, x="sample", y="P(no better)", showlegend=False, uirevision="tokens_saved")
    figure.update_xaxes(dtick=1, row=1, col=1).update_yaxes(range=[-0.04, 1.04], row=1, col=1)
    figure.update_xaxes(title={"text": "threshold"}, range=[0, 1], row=1, col=2)
    figure.update_yaxes(title={"text": "samples"}, rangemode="tozero", row=1, col=2)
    saved = f"{len(drawing.samples)} of at most {drawing.most} samples were drawn"
    saved += "." if not score.value else f", which saved about {score.value:.0f} tokens."
    reading = STOP_READING.format(where="above" if drawing.stop == "rank" else "at or above")
    return Evidence("When to stop drawing", f"{saved} {reading}", figure, _drawn(drawing))


@evidence_for("share_saved")
def pruned(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Draw what the model thought of every beginning, and of those that were finished (arXiv 2410.02725)."""
    pruning = Pruning.model_validate(score.details)
    figure = go.Figure([_beginnings(pruning.samples), _endings(pruning.samples)])
    laid_out(figure, x="sample", y="P(no better)", uirevision="share_saved").update_xaxes(dtick=1)
    saved = "" if score.value is None else f"Pruning saved about {100 * score.value:.0f} % of the tokens. "
    columns = (
        Column("Sample", "sample"), Column("begun", "bar", whole=1.0), Column("finished", "bar", whole=1.0),
    )  # fmt: skip
    rows = tuple((each.branch, each.begun, each.finished) for each in pruning.samples)
    title = "Which beginnings were finished"
    return Evidence(title, saved + PRUNE_READING, figure.update_yaxes(range=[-0.04, 1.04]), Table(columns, rows))


def _in_order(samples: Sequence[Drawn]) -> go.Scatter:
    return go.Scatter(
        x=[each.branch + 1 for each in samples], y=[each.p_no_better for each in samples], mode="lines+markers",
        line=line_style(0), customdata=[round(each.temperature, 3) for each in samples],
        hovertemplate="sample %{x}<br>%{y:.3f} at temperature %{customdata}<extra></extra>",
    )  # fmt: skip


def _bars(drawing: Drawing) -> go.Scatter:
    bars = [drawing.threshold if each.bar is None else each.bar for each in drawing.samples]
    middles = [each.branch + 1 for each in drawing.samples]
    return go.Scatter(
        x=[middles[0] - 0.5, *middles, middles[-1] + 0.5], y=[bars[0], *bars, bars[-1]], mode="lines",
        line={"color": QUIET, "dash": "dash", "width": 1, "shape": "hvh"},
        hovertemplate="drawing stops at %{y:.3f}<extra></extra>",
    )  # fmt: skip


def _sweep(drawing: Drawing) -> go.Scatter:
    scores = [each.p_no_better for each in drawing.samples]
    thresholds = sorted({0.0, *scores, 1.0})
    used = [used_and_best(scores, threshold, drawing.most)[0] for threshold in thresholds]
    return go.Scatter(
        x=thresholds, y=used, mode="lines", line=line_style(1) | {"shape": "vh"},
        hovertemplate="up to %{x:.3f}: %{y} samples<extra></extra>",
    )  # fmt: skip


def _drawn(drawing: Drawing) -> Table:
    columns = (
        Column("Sample", "sample"), Column("temperature", "number"), Column("P(no better)", "bar", whole=1.0),
        Column("tokens", "number"),
    )  # fmt: skip
    return Table(columns, tuple((s.branch, s.temperature, s.p_no_better, s.tokens) for s in drawing.samples))


def _beginnings(samples: Sequence[Begun]) -> go.Scatter:
    return go.Scatter(
        name="at the checkpoint", x=[each.branch + 1 for each in samples], y=[each.begun for each in samples],
        mode="markers", marker={
            "size": 10, "color": COLOURS[0],
            "symbol": ["circle-open" if each.finished is None else "circle" for each in samples],
        },
        hovertemplate="sample %{x}<br>%{y:.3f} at the checkpoint<extra></extra>",
    )  # fmt: skip


def _endings(samples: Sequence[Begun]) -> go.Scatter:
    finished = [each for each in samples if each.finished is not None]
    return go.Scatter(
        name="finished", x=[each.branch + 1 for each in finished], y=[each.finished for each in finished],
        mode="markers", marker={"size": 10, "color": COLOURS[1], "symbol": "square"},
        hovertemplate="sample %{x}<br>%{y:.3f} when finished<extra></extra>",
    )  # fmt: skip
