"""How long the pick of a self-reward is to be expected, the more samples it picks from."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from pydantic import BaseModel, Field, FiniteFloat

from storage.records import Generation, Score
from webapp.charts.evidence import Evidence, evidence_for
from webapp.charts.look import laid_out, line_style

READING = (
    "Expected length of the best of n samples, drawn from those of this run, for each self-reward. A line that falls "
    "all the way says that its reward takes ever shorter texts: it may be about length, not about being right."
)


class Lengths(BaseModel):
    """For each reward [N] the expected tokens of the best of 1 to N samples."""

    expected: dict[str, list[FiniteFloat]] = Field(min_length=1, max_length=10)


@evidence_for("pick_length")
def pick_length(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence | None:
    """Draw a line a reward, where there is more than one sample (Sharpening, arXiv 2412.01951)."""
    expected = Lengths.model_validate(score.details).expected
    if max(map(len, expected.values())) < 2:
        return None
    lines = [
        go.Scatter(
            name=name.replace("_", " "), mode="lines+markers", x=list(range(1, len(lengths) + 1)),
            y=[round(length, 2) for length in lengths], line=line_style(i), marker={"size": 4, "symbol": i},
            hovertemplate="best of %{x}<br>%{y:.0f} tokens<extra>%{fullData.name}</extra>",
        )
        for i, (name, lengths) in enumerate(expected.items())
    ]  # fmt: skip
    figure = laid_out(go.Figure(lines), x="samples to pick from", y="expected tokens of the pick")
    figure.update_xaxes(dtick=max(1, max(map(len, expected.values())) // 8)).update_yaxes(rangemode="tozero")
    return Evidence("Length of the pick", READING, figure)
