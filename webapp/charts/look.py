"""What all figures share: colours, dashes, and texts that are no markup. The page decides about paper and ink."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

# Okabe and Ito's colours that are legible on white and on near-black; dashes tell the lines apart without colour.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
DASHES = ("solid", "dash", "dot", "dashdot")
QUIET = "#8c8c8c"  # of guides: legible on both papers, and behind what is drawn
HEIGHT = 300  # pixels
MARKED = 400  # points that are drawn as dots too: each is an element of the page, and thousands freeze it
VISIBLE = {"\n": "↵", "\t": "⇥"}


def line_style(index: int) -> dict[str, Any]:
    """Return the look of the line with this number, told from others by colour and dash."""
    return {
        "color": COLOURS[index % len(COLOURS)],
        "dash": DASHES[index // len(COLOURS) % len(DASHES)],
        "width": 1.5,
    }


def laid_out(figure: go.Figure, *, x: str, y: str, **layout: Any) -> go.Figure:
    """Give a figure its axis titles, its height and its margins, and return it."""
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 48, "r": 12, "t": 12, "b": 40},
        hovermode="closest",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={"title": {"text": x}},
        yaxis={"title": {"text": y}},
    )
    return figure.update_layout(**layout)


def visible(text: str) -> str:
    """Return a text with glyphs for what cannot be seen."""
    for character, glyph in VISIBLE.items():
        text = text.replace(character, glyph)
    return text


def plain(text: str) -> str:
    """Return a text that plotly shows as it is: it reads some markup in labels and hover texts."""
    return visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
