"""The probabilities of sampled paths, the two Weibull densities fitted to them, and which paths were pruned."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np
import plotly.graph_objects as go
from pydantic import BaseModel, Field, FiniteFloat

from storage.records import Generation, Score
from webapp.analysis.weibull import Weibull
from webapp.charts.evidence import Column, Evidence, Table, evidence_for
from webapp.charts.look import COLOURS, QUIET, laid_out, line_style, plain

LOWEST = 1e-3  # where the densities begin: at 0 one may be infinite
POINTS = 300
READING = (
    "Each mark is a sample at its probability per token; the lines are the two components of the fitted mixture, by "
    "their weights. A sample is dropped (×) if it rather belongs to the low component and is also left of the mean. "
    "In the table, votes count samples, PC sums the probabilities of distinct ones, RPC only of those that were kept."
)
UNFITTED = (
    "Each mark is a sample at its probability per token. Nothing was fitted: {why}. In the table, votes count "
    "samples, and PC, here the same as RPC, sums the probabilities of distinct ones."
)
UNDONE = " Pruning was undone: {why}."
BY_EM = " L-BFGS-B failed, so this is the fit of expectation maximisation."


class Path(BaseModel):
    """One sample: its probability per token, and what became of it."""

    branch: int
    x: float = Field(ge=0, le=1)
    kept: bool
    p_high: float | None = Field(None, ge=0, le=1)
    copy_of: int | None = None
    answer: str | None = None


class Component(BaseModel):
    """A Weibull component with its weight in the mixture."""

    weight: float = Field(ge=0, le=1)
    shape: FiniteFloat = Field(gt=0)
    scale: FiniteFloat = Field(gt=0)


class Fit(BaseModel):
    """The component of the larger mean, and the other one."""

    high: Component
    low: Component


class Confidence(BaseModel):
    """An answer: its share of the samples, and its confidence without and with pruning."""

    answer: str
    sc: FiniteFloat
    pc: FiniteFloat
    rpc: FiniteFloat


class Consistency(BaseModel):
    """What RPC decided by."""

    paths: list[Path] = Field(min_length=1)
    mean: float = Field(ge=0, le=1)
    mixture: Fit | None
    fitted_by: str | None = None
    not_pruned: str = ""
    answers: list[Confidence] = Field(default_factory=list)


@evidence_for("rpc_confidence")
def weibull(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Draw samples under the densities that decided about them (RPC, arXiv 2510.15444)."""
    found = Consistency.model_validate(score.details)
    figure = go.Figure([*_densities(found.mixture, found.paths), *_marks(found.paths)])
    figure.add_vline(x=found.mean, line={"color": QUIET, "dash": "dash", "width": 1}, annotation_text="mean")
    laid_out(figure, x="probability per token", y="density" if found.mixture else "")
    figure.update_yaxes(rangemode="tozero", showticklabels=found.mixture is not None)
    return Evidence("Paths and their pruning", _reading(found), figure, _table(found.answers))


def _reading(found: Consistency) -> str:
    if found.mixture is None:
        return UNFITTED.format(why=found.not_pruned or "no fit is stored")
    undone = UNDONE.format(why=found.not_pruned) if found.not_pruned else ""
    return READING + undone + (BY_EM if found.fitted_by == "EM" else "")


def _densities(fit: Fit | None, paths: Sequence[Path]) -> list[go.Scatter]:
    if fit is None:
        return []
    # Samples and modes are points of the lines too: a component may be much narrower than a step.
    peaks = [part.scale for part in (fit.high, fit.low) if LOWEST < part.scale <= 1]
    x = np.unique([*np.linspace(LOWEST, 1, POINTS), *peaks, *(path.x for path in paths if path.x > LOWEST)])
    return [_line(i, name, x.tolist(), part) for i, (name, part) in enumerate((("high", fit.high), ("low", fit.low)))]


def _line(index: int, name: str, x: Sequence[float], part: Component) -> go.Scatter:
    with np.errstate(all="ignore"):  # what is beyond a double is left out
        density = part.weight * np.exp(Weibull(part.shape, part.scale).log_density(x))
    return go.Scatter(
        name=f"{name} component", mode="lines", x=[round(each, 5) for each in x],
        y=[round(value, 5) if isfinite(value) else None for value in density.tolist()],
        line=line_style(index) | {"dash": ("solid", "dot")[index]}, hoverinfo="skip",
    )  # fmt: skip


def _marks(paths: Sequence[Path]) -> list[go.Scatter]:
    kinds = {
        "kept": ([p for p in paths if p.kept and p.copy_of is None], "circle", COLOURS[2]),
        "copy of another": ([p for p in paths if p.kept and p.copy_of is not None], "circle-open", COLOURS[2]),
        "dropped": ([p for p in paths if not p.kept], "x", COLOURS[3]),
    }
    return [
        go.Scatter(
            name=name, mode="markers", x=[round(p.x, 5) for p in those], y=[0] * len(those), cliponaxis=False,
            marker={"symbol": symbol, "color": colour, "size": 9}, hovertext=[_about(p) for p in those],
            hovertemplate="%{hovertext}<extra></extra>",
        )
        for name, (those, symbol, colour) in kinds.items() if those
    ]  # fmt: skip


def _about(path: Path) -> str:
    high = "" if path.p_high is None else f", P(high) {path.p_high:.3f}"
    copy = "" if path.copy_of is None else f", the text of sample {path.copy_of + 1}"
    return f"sample {path.branch + 1}: {plain(path.answer or 'no answer')}<br>{path.x:.3f}{high}{copy}"


def _table(answers: Sequence[Confidence]) -> Table | None:
    if not answers:
        return None
    columns = (
        Column("Answer"), Column("votes", "bar", "share of all samples", whole=1),
        Column("PC", "bar", "share of the summed probability of distinct samples", whole=1),
        Column("RPC", "bar", "the same of the samples that were kept", whole=1),
    )  # fmt: skip
    most = max(range(len(answers)), key=lambda i: answers[i].rpc)
    return Table(columns, tuple((a.answer, a.sc, a.pc, a.rpc) for a in answers), most)
