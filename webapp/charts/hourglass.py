"""Agreement by depth: through the layers, and between the answers in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Self

import plotly.graph_objects as go
from plotly.subplots import make_subplots
from pydantic import BaseModel, Field, model_validator

from storage.records import Generation, Score
from webapp.charts.evidence import Evidence, evidence_for
from webapp.charts.look import COLOURS, laid_out, line_style

HEIGHT = 380  # pixels
READING = (
    "From the first layer at the bottom to the answers at the top. The shape is as wide as there is disagreement at "
    "that depth (1 − agreement, the share of what most of that depth says), the line beside it is the entropy of "
    "what that depth would say. An hourglass is wide at the bottom, narrow where the layers have settled, and wide "
    "again where sampled answers part."
)


class Depths(BaseModel):
    """[L] layer numbers with the agreement (0 to 1) and the entropy (nats) of what they would say.

    `samples` are the answers in the end, None where a text states none, or only how many there are; `decoding` are
    the answers by several decoders, which lie between.
    """

    layers: list[int] = Field(min_length=1)
    agreement: list[float | None]
    entropy: list[float | None]
    samples: int | list[str | None] | None = None
    decoding: list[str | None] = Field(default=[])

    @model_validator(mode="after")
    def _of_one_length(self) -> Self:
        if not len(self.layers) == len(self.agreement) == len(self.entropy):
            raise ValueError("layers, agreement and entropy must be of one length")
        return self


@evidence_for("latent_consistency")
def hourglass(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Draw agreement and entropy against depth (the three depths of arXiv 2407.14507: layers, tokens, answers)."""
    depths = Depths.model_validate(score.details)
    names = [f"layer {layer}" for layer in depths.layers]
    agreement = list(depths.agreement)
    for name, said in (("decoders", depths.decoding), ("answers", depths.samples)):
        if isinstance(said, list) and (share := _top_share(said)) is not None:
            names.append(name)
            agreement.append(share)
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, column_widths=[0.62, 0.38], horizontal_spacing=0.03)
    figure.add_trace(_shape(names, agreement), row=1, col=1)
    figure.add_trace(_entropy(names, depths.entropy), row=1, col=2)
    return Evidence("Agreement by depth", READING, _axes(figure, names))


def _top_share(answers: Sequence[str | None]) -> float | None:
    """Return the share of the most frequent answer among all samples; None where none states any."""
    counts = Counter(answer for answer in answers if answer is not None)
    return max(counts.values()) / len(answers) if counts else None


def _shape(names: Sequence[str], agreement: Sequence[float | None]) -> go.Bar:
    widths = [None if share is None else round(1 - share, 4) for share in agreement]
    return go.Bar(
        orientation="h", y=list(names), x=widths, base=[None if w is None else -w / 2 for w in widths],
        customdata=[None if share is None else round(share, 3) for share in agreement],
        marker={"color": COLOURS[0]}, hovertemplate="%{y}<br>agreement %{customdata}<extra></extra>",
    )  # fmt: skip


def _entropy(names: Sequence[str], entropy: Sequence[float | None]) -> go.Scatter:
    return go.Scatter(
        mode="lines+markers", y=list(names[: len(entropy)]), x=[None if h is None else round(h, 4) for h in entropy],
        line=line_style(1), marker={"size": 4}, hovertemplate="%{y}<br>%{x:.2f} nats<extra></extra>",
    )  # fmt: skip


def _axes(figure: go.Figure, names: Sequence[str]) -> go.Figure:
    laid_out(figure, x="disagreement", y="", height=HEIGHT, showlegend=False, bargap=0.05)
    figure.update_layout(margin={"l": 76, "r": 12, "t": 12, "b": 40}, xaxis2={"title": {"text": "entropy (nats)"}})
    figure.update_xaxes(range=[-0.5, 0.5], showticklabels=False, row=1, col=1)
    figure.update_xaxes(rangemode="tozero", row=1, col=2)
    return figure.update_yaxes(categoryorder="array", categoryarray=list(names), row=1, col=1)
