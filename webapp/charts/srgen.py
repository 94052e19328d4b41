"""SRGen: the entropy of a text under its moving threshold, and what each correction did to the next token."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from pydantic import BaseModel, Field, FiniteFloat, NonNegativeInt

from storage.records import Generation, Score
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for
from webapp.charts.look import COLOURS, MARKED, laid_out, line_style, visible

TRACE = (
    "Where the entropy of the next token passed the threshold (dashed, from the entropies before it), the token was "
    "drawn from corrected logits: ▼ is the entropy before, the dot below it after the correction. {count} of "
    "{tokens} tokens, {seconds:.1f} of {whole:.1f} seconds. A threshold follows nothing until its window is full."
)
LOSSES = (
    "What a correction learns: solid is the cross-entropy of prompt and text so far, which must stay low, dotted the "
    "entropy of the next token, before each step and after the last. The table lists the next token's likeliest, at "
    "the temperature of the drawing, before and after."
)
SPIKES = (
    Column("Token", "number", "its index in the text, from 1"),
    Column("Entropy", "number", "nats, before"),
    Column("Threshold", "number", "nats"),
    Column("Corrected", "number", "nats, after"),
    Column("Drawn", "text", "the token that was drawn from the corrected logits"),
    Column("Otherwise", "text", "the token that the same noise draws without the correction"),
    Column("Length of the vector", "number"),
)
LIKELIEST = (Column("Token", "number"), Column("Before"), Column("After"))


class Spike(BaseModel):
    """One correction. `losses` are cross-entropy and entropy (nats), before each step and after the last."""

    index: NonNegativeInt
    entropy: FiniteFloat
    threshold: FiniteFloat
    corrected: FiniteFloat
    norm: FiniteFloat
    seconds: FiniteFloat
    token: str
    otherwise: str
    losses: list[tuple[FiniteFloat, FiniteFloat]]
    before: list[tuple[str, FiniteFloat]]
    after: list[tuple[str, FiniteFloat]]


class Corrections(BaseModel):
    """The corrections of one text, and those of its tokens' entropies and thresholds that are known (nats)."""

    branch: NonNegativeInt
    spikes: list[Spike]
    seconds: FiniteFloat = 0.0
    entropies: list[FiniteFloat] = Field(default_factory=list)
    thresholds: list[FiniteFloat] = Field(default_factory=list)


@evidence_for("corrected_tokens")
def entropy_and_threshold(
    score: Score, generations: Sequence[Generation], scores: Sequence[Score]
) -> Evidence | None:
    """Draw the entropies of a text, the threshold that followed them, and where it was passed (arXiv 2510.02919)."""
    found = Corrections.model_validate(score.details)
    if not found.entropies:
        return None
    reading = TRACE.format(
        count=len(found.spikes), tokens=len(found.entropies), whole=found.seconds,
        seconds=sum(spike.seconds for spike in found.spikes),
    )  # fmt: skip
    table = Table(SPIKES, tuple(_spike(spike) for spike in found.spikes)) if found.spikes else None
    return Evidence(f"Entropy and threshold, sample {found.branch + 1}", reading, _trace(found), table)


@evidence_for("entropy_drop")
def losses(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Draw both losses of each correction, and list the likeliest tokens before and after it."""
    found = Corrections.model_validate(score.details)
    lines = [line for number, spike in enumerate(found.spikes) for line in _curves(number, spike)]
    figure = laid_out(go.Figure(lines), x="step", y="nats").update_xaxes(dtick=1)
    rows = tuple((spike.index + 1, _listed(spike.before), _listed(spike.after)) for spike in found.spikes)
    return Evidence(f"Corrections, sample {found.branch + 1}", LOSSES, figure, Table(LIKELIEST, rows))


def _trace(found: Corrections) -> go.Figure:
    mode = "lines+markers" if len(found.entropies) <= MARKED else "lines"
    at = [spike.index + 1 for spike in found.spikes]
    figure = go.Figure(
        [
            _line("entropy", found.entropies, 0, mode),
            _line("threshold", found.thresholds, 1, "lines"),
            _marks("spike", at, [spike.entropy for spike in found.spikes], "triangle-down", 1),
            _marks("corrected", at, [spike.corrected for spike in found.spikes], "circle", 2),
        ]
    )
    return laid_out(figure, x="token", y="entropy (nats)").update_yaxes(rangemode="tozero")


def _line(name: str, values: Sequence[float], index: int, mode: str) -> go.Scatter:
    dash = {"dash": ("solid", "dash")[index]}
    return go.Scatter(
        name=name, mode=mode, x=list(range(1, len(values) + 1)), y=[round(value, 4) for value in values],
        line=line_style(index) | dash, marker={"size": 4},
        hovertemplate="token %{x}<br>%{y:.2f} nats<extra>%{fullData.name}</extra>",
    )  # fmt: skip


def _marks(name: str, at: Sequence[int], values: Sequence[float], symbol: str, index: int) -> go.Scatter:
    return go.Scatter(
        name=name, mode="markers", x=list(at), y=[round(value, 4) for value in values],
        marker={"size": 10, "symbol": symbol, "color": COLOURS[index]},
        hovertemplate="token %{x}<br>%{y:.2f} nats<extra>%{fullData.name}</extra>",
    )  # fmt: skip


def _curves(number: int, spike: Spike) -> list[go.Scatter]:
    name = f"token {spike.index + 1}"
    parts = (("solid", "prompt and text", 0), ("dot", "next token", 1))
    return [
        go.Scatter(
            name=name, legendgroup=name, showlegend=which == 0, mode="lines",
            x=list(range(len(spike.losses))), y=[round(loss[which], 4) for loss in spike.losses],
            line=line_style(number) | {"dash": dash},
            hovertemplate=f"{what}<br>step %{{x}}: %{{y:.3f}} nats<extra>{name}</extra>",
        )
        for dash, what, which in parts
    ]  # fmt: skip


def _spike(spike: Spike) -> tuple[Cell, ...]:
    drawn = (visible(f"“{token}”") for token in (spike.token, spike.otherwise))
    return spike.index + 1, spike.entropy, spike.threshold, spike.corrected, *drawn, spike.norm


def _listed(likeliest: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"“{visible(text)}” {share:.1%}" for text, share in likeliest)
