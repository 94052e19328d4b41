"""Soft thinking: of what tokens each step was mixed, how unsure the model was, and how near the cold stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import plotly.graph_objects as go
from plotly.subplots import make_subplots
from pydantic import BaseModel, FiniteFloat, NonNegativeInt

from storage.records import Generation, Score
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for
from webapp.charts.look import COLOURS, QUIET, laid_out, line_style, plain, visible

READING = (
    "Each step of the thinking is a mixture, fed back as the weighted mean of its tokens' input vectors; the largest "
    "share is what the text shows (marked as soft), and no token was drawn. Below, the entropy before anything was "
    "left out, and how many sure steps came in a row: below {cold:g} nats a step counts, at {patience} the thinking "
    "is ended. {ended} {compared}"
)
ENDED = {
    "marker": "It ended when the shown tokens completed “{marker}”.",
    "cold": "It ended by the cold stop.",
    "longest": "It was ended so that the longest text leaves room for an answer.",
    "end": "The text would have ended there, so the answer was asked for.",
    None: "The text ended before its answer began.",
}
ABORTED = "The answer was ended after as many sure tokens in a row."
BARS = 1500  # more rectangles than this make a page slow: the mixtures are then drawn as areas
COLUMNS = (
    Column("Step", "number"),
    Column("Shown", "text", "the most probable token, which was not drawn"),
    Column("Share", "bar", "of the shown token in the mixture", 1.0),
    Column("Mixture", "text", "the others, with their shares"),
    Column("Entropy", "number", "nats, before anything was left out"),
    Column("Sure in a row", "number", "steps up to this one whose entropy was below the cold stop's"),
)


class Step(BaseModel):
    """One thought: tokens with their shares, the largest first; entropy in nats; sure steps in a row."""

    entropy: FiniteFloat
    mixture: list[tuple[str, FiniteFloat]]
    cold: NonNegativeInt


class Thinking(BaseModel):
    """What one text thought, how that ended, and how many tokens the plain text took to its answer."""

    branch: NonNegativeInt
    steps: list[Step]
    left: Literal["marker", "cold", "longest", "end"] | None
    aborted: bool = False
    marker: str = ""
    cold: FiniteFloat
    patience: NonNegativeInt
    plain: NonNegativeInt | None = None


@evidence_for("soft_steps")
def thoughts(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence | None:
    """Draw the mixtures step by step over their entropies and the cold-stop counter (arXiv 2505.15778)."""
    found = Thinking.model_validate(score.details)
    if not found.steps:
        return None
    table = Table(COLUMNS, tuple(_row(number, step) for number, step in enumerate(found.steps, start=1)))
    return Evidence(f"Thoughts, sample {found.branch + 1}", _reading(found), _figure(found), table)


def _reading(found: Thinking) -> str:
    ended = ENDED[found.left].format(marker=found.marker)
    if found.aborted:
        ended = f"{ended} {ABORTED}"
    compared = f"{len(found.steps)} soft steps; the plain text took {found.plain} tokens to its answer."
    if found.plain is None:
        compared = f"{len(found.steps)} soft steps; the plain text never reached “{found.marker}”."
    return READING.format(cold=found.cold, patience=found.patience, ended=ended, compared=compared)


def _figure(found: Thinking) -> go.Figure:
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, row_heights=[0.5, 0.25, 0.25], vertical_spacing=0.05)
    for layer in _layers(found.steps):
        figure.add_trace(layer, row=1, col=1)
    figure.add_trace(_line("entropy", [step.entropy for step in found.steps], 0, "nats"), row=2, col=1)
    figure.add_trace(_line("sure in a row", [step.cold for step in found.steps], 1, "steps"), row=3, col=1)
    figure.add_hline(y=found.cold, line={"color": QUIET, "dash": "dot"}, row=2, col=1)
    laid_out(figure, x="", y="share", height=440, barmode="stack", bargap=0.1, showlegend=False)
    figure.update_yaxes(title={"text": "nats"}, rangemode="tozero", row=2, col=1)
    figure.update_yaxes(title={"text": "sure"}, rangemode="tozero", row=3, col=1)
    return figure.update_xaxes(title={"text": "step"}, row=3, col=1)


def _layers(steps: Sequence[Step]) -> list[go.Bar | go.Scatter]:
    """Return one layer a rank: the share of the token that is so many-th in its mixture."""
    widest = max(len(step.mixture) for step in steps)
    as_bars = widest * len(steps) <= BARS
    layers = []
    for rank in range(widest):
        pairs = [step.mixture[rank] if rank < len(step.mixture) else ("", 0.0) for step in steps]
        common = {
            "name": f"rank {rank + 1}", "x": list(range(1, len(steps) + 1)),
            "y": [round(share, 4) for _, share in pairs],
            "hovertext": [plain(f"“{text}”") for text, _ in pairs],
            "hovertemplate": "step %{x}: %{hovertext} %{y:.1%}<extra>%{fullData.name}</extra>",
        }  # fmt: skip
        colour = COLOURS[rank % len(COLOURS)]
        if as_bars:
            layers.append(go.Bar(**common, marker={"color": colour}))
        else:
            area = {"line": {"width": 0.5, "color": colour, "shape": "hvh"}, "stackgroup": "mixture"}
            layers.append(go.Scatter(**common, **area, mode="lines"))
    return layers


def _line(name: str, values: Sequence[float], index: int, unit: str) -> go.Scatter:
    return go.Scatter(
        name=name, mode="lines", x=list(range(1, len(values) + 1)), y=[round(value, 4) for value in values],
        line=line_style(index), hovertemplate=f"step %{{x}}: %{{y:.3g}} {unit}<extra>{name}</extra>",
    )  # fmt: skip


def _row(number: int, step: Step) -> tuple[Cell, ...]:
    (shown, share), *others = step.mixture or [("", 0.0)]
    rest = ", ".join(f"“{visible(text)}” {part:.1%}" for text, part in others)
    return number, f"“{visible(shown)}”", share, rest, step.entropy, step.cold
