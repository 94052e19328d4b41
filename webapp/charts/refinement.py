"""Models by what refinement brings them and what it costs: our own cost-adjusted refinement score."""

from __future__ import annotations

import plotly.graph_objects as go

from webapp.analysis.refinement_score import Parts
from webapp.charts.evidence import Cell, Column, Evidence, Table
from webapp.charts.look import COLOURS, laid_out, plain
from webapp.runs.refinement import Contender, NotYet, Ranking

TITLE = "Cost-adjusted refinement score (ours)"
READING = (
    "Models on the same {problems} problems: right answers after refinement against the cost of a run; a dot is as "
    "large as what refinement changed, and hollow where it lost. The score is {base:g} z(base) + {gain:g} z(refined "
    "− base) − {cost:g} z({unit}), with the weights of this run's settings; z is the distance from the mean of these "
    "models in standard deviations. It is our own: no published ranking goes by this formula.{few}"
)
FEW = " Of two models every z is 1, −1 or 0: the score only counts who is ahead in how many parts."
SMALLEST, LARGEST = 10, 30  # pixels, for no change and for a change of all answers
COLUMNS = (
    Column("Model"), Column("score", "number"), Column("base", "bar", "share right before", 1.0),
    Column("refined", "bar", "share right after", 1.0), Column("gain", "number"), Column("tokens", "number"),
    Column("seconds", "number"), *(Column(f"z({part})", "number") for part in ("base", "gain", "cost")),
)  # fmt: skip


def refinement(found: Ranking | NotYet) -> Evidence:
    """Draw refined accuracy against cost, bubbles for the gain (after arXiv 2310.07611), or say what that needs."""
    if isinstance(found, NotYet):
        return Evidence(TITLE, found.why)
    weights = found.weights
    reading = READING.format(
        problems=found.problems, base=weights.base, gain=weights.gain, cost=weights.cost, unit=found.cost_in,
        few=FEW if len(found.contenders) == 2 else "",
    )  # fmt: skip
    return Evidence(TITLE, reading, _figure(found), _table(found))


def _figure(found: Ranking) -> go.Figure:
    gains = [each.refined - each.base for each in found.contenders]
    dots = go.Scatter(
        x=[round(_cost(each, found.cost_in), 3) for each in found.contenders],
        y=[round(each.refined, 4) for each in found.contenders], mode="markers+text",
        text=[plain(each.model) for each in found.contenders], textposition="top center", cliponaxis=False,
        customdata=[f"{gain:+.3f}" for gain in gains],
        marker={
            "size": [round(SMALLEST + (LARGEST - SMALLEST) * abs(gain), 2) for gain in gains],
            "color": COLOURS[0], "symbol": ["circle" if gain >= 0 else "circle-open" for gain in gains],
        },
        hovertemplate="%{text}<br>refined %{y:.3f}, gain %{customdata}<br>cost %{x}<extra></extra>",
    )  # fmt: skip
    unit = "seconds" if found.cost_in == "seconds" else "generated tokens"
    figure = laid_out(go.Figure([dots]), x=f"{unit} of a run", y="share right after refinement", showlegend=False)
    return figure.update_yaxes(range=[-0.05, 1.12]).update_xaxes(rangemode="tozero")


def _cost(contender: Contender, cost_in: str) -> float:
    return contender.seconds if cost_in == "seconds" else contender.tokens


def _table(found: Ranking) -> Table:
    parts = found.parts
    best_first = sorted(range(len(found.contenders)), key=lambda i: -parts.score[i])
    return Table(COLUMNS, tuple(_row(found.contenders[i], parts, i) for i in best_first))


def _row(each: Contender, parts: Parts, i: int) -> tuple[Cell, ...]:
    z = (float(values[i]) for values in (parts.base, parts.gain, parts.cost))
    gain = each.refined - each.base
    return each.model, float(parts.score[i]), each.base, each.refined, gain, each.tokens, each.seconds, *z
