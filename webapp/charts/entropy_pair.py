"""Two entropy traces over each other: whether a second text hesitates where the first one did."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from pydantic import BaseModel, FiniteFloat

from storage.records import Generation, Score
from webapp.charts.evidence import Evidence, evidence_for
from webapp.charts.look import MARKED, laid_out, line_style

READING = (
    "Token entropies of two answers, position by position. The closer the lines and the more equal their lengths, "
    "the higher the similarity ({similarity}): the model keeps to one path even when it is asked for another. That "
    "is relative evidence only: it needs questions that the model cannot have seen to compare with, and short "
    "answers inflate it."
)


class Pair(BaseModel):
    """[T1] and [T2] entropies in nats, how similar they are (1 is the same), and of which sample.

    They are lower bounds where a server told only the likeliest tokens.
    """

    first: list[FiniteFloat | None]
    second: list[FiniteFloat | None]
    similarity: FiniteFloat | None = None
    branch: int | None = None
    lower_bound: bool = False


@evidence_for("entropy_similarity")
def entropy_pair(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Draw both traces from position 1 on (Self-Critique, arXiv 2510.09259)."""
    pair = Pair.model_validate(score.details)
    mode = "lines+markers" if len(pair.first) + len(pair.second) <= MARKED else "lines"
    figure = go.Figure([_line(0, "first answer", pair.first, mode), _line(1, "second answer", pair.second, mode)])
    unit = "entropy (nats, at least)" if pair.lower_bound else "entropy (nats)"
    laid_out(figure, x="token", y=unit).update_yaxes(rangemode="tozero")
    similarity = "unknown" if pair.similarity is None else f"{pair.similarity:.3f}"
    sample = "" if pair.branch is None else f", sample {pair.branch + 1}"
    return Evidence(f"Entropy of both answers{sample}", READING.format(similarity=similarity), figure)


def _line(index: int, name: str, entropy: Sequence[float | None], mode: str) -> go.Scatter:
    return go.Scatter(
        name=name, mode=mode, x=list(range(1, len(entropy) + 1)),
        y=[None if value is None else round(value, 4) for value in entropy],
        line=line_style(index) | {"dash": ("solid", "dot")[index]}, marker={"size": 4},
        hovertemplate="token %{x}<br>%{y:.2f} nats<extra>%{fullData.name}</extra>",
    )  # fmt: skip
