"""Entropy along the text: one line a generation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from webapp.charts.look import MARKED, laid_out, line_style, plain


class EntropySeries(NamedTuple):
    """One line: a name, [T] entropies in nats (NaN where unknown), and the [T] token texts shown on hover.

    `lower_bound` is whether they are at least so large.
    """

    name: str
    entropy: NDArray[np.float32]
    tokens: Sequence[str] = ()
    lower_bound: bool = False


def entropy_figure(series: Sequence[EntropySeries | tuple[str, NDArray[np.float32]]]) -> go.Figure:
    """Draw entropy in nats against the token's position, without colours of its own for page and text."""
    lines = [EntropySeries(*each) for each in series]
    mode = "lines+markers" if sum(len(line.entropy) for line in lines) <= MARKED else "lines"
    unit = "entropy (nats, at least)" if any(line.lower_bound for line in lines) else "entropy (nats)"
    figure = laid_out(
        go.Figure([_line(i, line, mode) for i, line in enumerate(lines)]),
        x="token", y=unit, uirevision="entropy", showlegend=len(series) > 1,
    )  # fmt: skip
    return figure.update_xaxes(rangemode="tozero").update_yaxes(rangemode="tozero")


def _line(index: int, series: EntropySeries, mode: str) -> go.Scatter:
    values = [None if np.isnan(value) else round(float(value), 4) for value in series.entropy]
    token = ": <b>%{hovertext}</b>" if series.tokens else ""
    return go.Scatter(
        name=series.name,
        x=list(range(1, len(values) + 1)),
        y=values,
        mode=mode,
        line=line_style(index),
        marker={"size": 4},
        hovertext=[plain(token.replace(" ", "␣")) for token in series.tokens] or None,
        hovertemplate=f"token %{{x}}{token}<br>%{{y:.2f}} nats<extra>%{{fullData.name}}</extra>",
    )
