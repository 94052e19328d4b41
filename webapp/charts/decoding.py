"""The decoding panel: sorted probabilities with the cut of each rule, and how many tokens each keeps along a text."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import plotly.graph_objects as go

from webapp.analysis.truncation import Rules
from webapp.charts.look import DASHES, QUIET, laid_out, line_style, plain
from webapp.runs.inspection import Along, Inspection

TITLES = {
    "top_h": "Top-H", "top_h_repo": "Top-H, authors' code", "top_p": "Top-p", "min_p": "Min-p", "top_k": "Top-k",
    "eta": "Eta",
}  # fmt: skip
LEAST = 1e-9  # probabilities below it are drawn there: the axis is logarithmic


def inspection_data(found: Inspection) -> dict[str, Any]:
    """Return what the panel draws of a token, as JSON-ready data."""
    listed = found.listed
    return {
        "index": found.index, "temperature": found.temperature, "unknown": found.unknown, "entropy": found.entropy,
        "probability": found.probability, "rank": found.rank, "settings": asdict(found.rules),
        "rules": [_rule(found, name, place) for place, name in enumerate(TITLES)],
        "tokens": [
            {"id": each, "text": text, "probability": p, "chosen": each == found.token}
            for each, text, p in zip(listed.ids, listed.texts, listed.probabilities, strict=True)
        ],
        "others": {"count": listed.others, "mass": listed.others_mass},
        "figure": _json(_cuts(found)),
    }  # fmt: skip


def along_data(found: Along) -> dict[str, Any]:
    """Return what the panel draws of a text, as JSON-ready data."""
    return {"temperature": found.temperature, "unknown": found.unknown, "figure": _json(_along(found))}


def settings_of(rules: Rules) -> dict[str, str]:
    """Return how each rule is set, in words."""
    return {
        "top_h": f"α {rules.alpha:g}", "top_h_repo": f"α {rules.alpha:g}", "top_p": f"{rules.top_p:g}",
        "min_p": f"{rules.min_p:g}", "top_k": f"{rules.top_k}", "eta": f"ε {rules.eta:g}",
    }  # fmt: skip


def _rule(found: Inspection, name: str, place: int) -> dict[str, Any]:
    """Return a rule's cut, what bounds its entropy, and its colour in both charts."""
    bound = None if name != "top_h" or found.entropy is None else found.rules.alpha * found.entropy
    return {
        "name": name, "title": TITLES[name], "setting": settings_of(found.rules)[name],
        "colour": _look(place)["color"], **found.cuts[name]._asdict(), "bound": bound,
    }  # fmt: skip


def _look(place: int) -> dict[str, Any]:
    """Return the look of a rule's line, told by its dashes too: cuts often fall together."""
    return line_style(place) | {"dash": DASHES[place % len(DASHES)]}


def _cuts(found: Inspection) -> go.Figure:
    p = [max(each, LEAST) for each in found.listed.probabilities]
    tokens = go.Scatter(
        name="tokens", x=list(range(1, len(p) + 1)), y=p, mode="lines+markers",
        line={"color": QUIET, "width": 1}, marker={"size": 5, "color": QUIET}, showlegend=False,
        text=[plain(text) for text in found.listed.texts], hovertemplate="%{x}. %{text}: %{y:.3g}<extra></extra>",
    )  # fmt: skip
    cuts = [_cut(found, name, place, min(p)) for place, name in enumerate(TITLES)]
    figure = go.Figure([tokens, *(cut for cut in cuts if cut is not None), *_chosen(found)])
    return laid_out(
        figure, x="tokens, the most probable first", y="probability", xaxis_type="log", yaxis_type="log",
        yaxis_exponentformat="power", uirevision=f"{found.index}",
    )  # fmt: skip


def _cut(found: Inspection, name: str, place: int, lowest: float) -> go.Scatter | None:
    """Return the line behind the last token that a rule keeps, None where that is not known."""
    if (kept := found.cuts[name].kept) is None:
        return None
    return go.Scatter(
        name=f"{TITLES[name]} {kept}", x=[kept + 0.5] * 2, y=[1.0, lowest], mode="lines",
        line=_look(place) | {"width": 2},
        hovertemplate=f"{TITLES[name]} keeps {kept}<extra></extra>",
    )  # fmt: skip


def _chosen(found: Inspection) -> list[go.Scatter]:
    """Return a mark on the token that stands in the text, where its place is known and in sight."""
    if found.rank is None or found.probability is None or found.rank >= len(found.listed.ids):
        return []
    return [
        go.Scatter(
            name="in the text", x=[found.rank + 1], y=[max(found.probability, LEAST)], mode="markers",
            marker={"symbol": "star", "size": 13, "color": "#d55e00"}, hoverinfo="name",
        )
    ]  # fmt: skip


def _along(found: Along) -> go.Figure:
    places = list(range(1, len(found.entropy) + 1))
    lines = [
        go.Scatter(
            name=TITLES[name], x=places, y=found.kept[name], mode="lines", line=_look(place) | {"shape": "hvh"},
            hovertemplate="token %{x}: %{y} kept<extra>%{fullData.name}</extra>",
        )
        for place, name in enumerate(TITLES) if name in found.kept
    ]  # fmt: skip
    entropy = go.Scatter(
        name="entropy", x=places, y=found.entropy, mode="lines", yaxis="y2", line={"color": QUIET, "width": 1},
        hovertemplate="token %{x}: entropy %{y:.2f} nats<extra></extra>",
    )  # fmt: skip
    return laid_out(
        go.Figure([entropy, *lines]), x="token of the text", y="kept tokens", yaxis_type="log", uirevision="along",
        yaxis2={"title": {"text": "entropy"}, "overlaying": "y", "side": "right", "showgrid": False},
        margin={"l": 48, "r": 48, "t": 12, "b": 40},
    )  # fmt: skip


def _json(figure: go.Figure) -> dict[str, Any]:
    """Return a figure as plotly.js takes it."""
    told: dict[str, Any] = json.loads(figure.to_json())
    return told
