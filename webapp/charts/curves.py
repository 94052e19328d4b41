"""Lines, bands, points with intervals and guides that are told apart without colour: by dash and by mark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike

from webapp.charts.look import COLOURS, QUIET

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKS = ("circle", "square", "diamond", "triangle-up", "x", "star", "triangle-down")
FAINT = 0.16  # opacity of a band: what lies behind it stays readable on both papers
DRAWN = 200  # points of a curve that are sent to the page at most
ROUNDED = 5  # digits of what is drawn


def numbers(values: ArrayLike) -> list[float | None]:
    """Return values as JSON has them: rounded, None where unknown."""
    return [round(x, ROUNDED) if np.isfinite(x) else None for x in np.asarray(values, dtype=np.float64).tolist()]


def thinned(size: int, most: int = DRAWN) -> list[int]:
    """Return at most so many places of `size`, evenly apart, the first and the last among them."""
    return sorted(set(np.linspace(0, size - 1, min(size, most)).round().astype(int).tolist()))


def line(name: str, x: ArrayLike, y: ArrayLike, index: int, *, marks: bool = True, **options: Any) -> go.Scatter:
    """Return the line with this number, as no other of the first dozens looks."""
    return go.Scatter(
        name=name, x=numbers(x), y=numbers(y), mode="lines+markers" if marks else "lines",
        line={"color": COLOURS[index % len(COLOURS)], "dash": DASHES[index % len(DASHES)], "width": 1.8},
        marker={"symbol": MARKS[index % len(MARKS)], "size": 7}, legendgroup=name, **options,
    )  # fmt: skip


def band(name: str, x: ArrayLike, low: ArrayLike, high: ArrayLike, index: int) -> go.Scatter:
    """Return the interval around the line of that name and number; it comes and goes with it."""
    across, colour = numbers(x), COLOURS[index % len(COLOURS)]
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return go.Scatter(
        x=across + across[::-1], y=numbers(high) + numbers(low)[::-1], mode="lines", line={"width": 0}, fill="toself",
        fillcolor=f"rgba({red},{green},{blue},{FAINT})", hoverinfo="skip", showlegend=False, legendgroup=name,
    )  # fmt: skip


def guide(x: Sequence[float], y: Sequence[float], **options: Any) -> go.Scatter:
    """Return a quiet dashed line to measure others by."""
    quiet = {"color": QUIET, "dash": "dash", "width": 1}
    return go.Scatter(
        x=list(x), y=list(y), mode="lines", hoverinfo="skip", line=quiet, **({"showlegend": False} | options)
    )


def beyond(middle: ArrayLike, low: ArrayLike, high: ArrayLike) -> dict[str, Any]:
    """Return the arms of intervals around points, as plotly's error bars take them."""
    centre, below, above = (np.asarray(each, dtype=np.float64) for each in (middle, low, high))
    return {
        "type": "data", "symmetric": False, "array": numbers(above - centre), "arrayminus": numbers(centre - below),
        "thickness": 1.5, "width": 4,
    }  # fmt: skip


def dots(filled: Sequence[bool]) -> dict[str, Any]:
    """Return the marks of points of which some are filled and the others hollow."""
    symbols = ["circle" if each else "circle-open" for each in filled]
    return {"color": COLOURS[0], "size": 11, "symbol": symbols, "line": {"color": COLOURS[0], "width": 2}}
