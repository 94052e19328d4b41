"""Entropy along the text: one line a generation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

# Okabe and Ito's colours that are legible on white and on near-black; dashes tell the lines apart without colour.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DASHES = ("solid", "dash", "dot", "dashdot")
HEIGHT = 300  # pixels
MARKED = 400  # points that are drawn as dots too: each is an element of the page, and thousands freeze it
VISIBLE = {"\n": "↵", "\t": "⇥", " ": "␣"}


class EntropySeries(NamedTuple):
    """One line: a name, [T] entropies in nats (NaN where unknown), and the [T] token texts shown on hover."""

    name: str
    entropy: NDArray[np.float32]
    tokens: Sequence[str] = ()


def entropy_figure(series: Sequence[EntropySeries | tuple[str, NDArray[np.float32]]]) -> go.Figure:
    """Draw entropy in nats against the token's position, without colours of its own for page and text."""
    lines = [EntropySeries(*each) for each in series]
    mode = "lines+markers" if sum(len(line.entropy) for line in lines) <= MARKED else "lines"
    figure = go.Figure([_line(i, line, mode) for i, line in enumerate(lines)])
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 48, "r": 12, "t": 12, "b": 40},
        hovermode="closest",
        uirevision="entropy",
        showlegend=len(series) > 1,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={"title": {"text": "token"}, "rangemode": "tozero"},
        yaxis={"title": {"text": "entropy (nats)"}, "rangemode": "tozero"},
    )
    return figure


def _line(index: int, series: EntropySeries, mode: str) -> go.Scatter:
    values = [None if np.isnan(value) else round(float(value), 4) for value in series.entropy]
    token = ": <b>%{hovertext}</b>" if series.tokens else ""
    return go.Scatter(
        name=series.name,
        x=list(range(1, len(values) + 1)),
        y=values,
        mode=mode,
        line={
            "color": COLOURS[index % len(COLOURS)],
            "dash": DASHES[index // len(COLOURS) % len(DASHES)],
            "width": 1.5,
        },
        marker={"size": 4},
        # Plotly reads some markup in hover texts: what a model wrote is made harmless.
        hovertext=[_plain(token) for token in series.tokens] or None,
        hovertemplate=f"token %{{x}}{token}<br>%{{y:.2f}} nats<extra>%{{fullData.name}}</extra>",
    )


def _plain(token: str) -> str:
    for character, glyph in VISIBLE.items():
        token = token.replace(character, glyph)
    return token.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
