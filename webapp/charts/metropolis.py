"""Metropolis-Hastings chains: the log-likelihood from proposal to proposal, and which stretch each wrote anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import plotly.graph_objects as go
from plotly.subplots import make_subplots
from pydantic import BaseModel, Field, FiniteFloat, NonNegativeInt, model_validator

from storage.records import Generation, Score
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for
from webapp.charts.look import COLOURS, QUIET, laid_out, line_style

READING = (
    "Left: ln p of each chain's text after every proposal; filled dots were taken, hollow ones not. A line that "
    "still climbs at the end has not forgotten where it began. Right: the tokens that each proposal wrote anew, "
    "filled where it was taken; what lies to the left of a bar was kept. A dashed line is where a block begins, in "
    "which texts may be longer."
)
ROWS_AT_MOST = 400
COLUMNS = (
    Column("Chain", "sample"), Column("Proposal", "number"), Column("kept", "number", "tokens before the new end"),
    Column("tokens", "number", "of the whole proposal"), Column("ln p", "number", "of the proposal, temperature 1"),
    Column("odds", "bar", "how probably it was taken", 1.0), Column("taken"),
)  # fmt: skip


class Move(BaseModel):
    """A proposal that wrote the tokens [start, length) anew; `current` is ln p of the text after the decision."""

    limit: int
    start: NonNegativeInt
    length: int = Field(ge=1)
    odds: float = Field(ge=0, le=1)
    taken: bool
    proposed: FiniteFloat
    current: FiniteFloat

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.start >= self.length:
            raise ValueError("a proposal writes at least one token")
        return self


class Chain(BaseModel):
    """The proposals of one chain; `began` is ln p of what it started from."""

    branch: NonNegativeInt
    began: FiniteFloat
    moves: list[Move] = Field(min_length=1, max_length=20_000)


class Chains(BaseModel):
    """All chains of a run."""

    chains: list[Chain] = Field(min_length=1, max_length=64)
    alpha: FiniteFloat


@evidence_for("acceptance_rate")
def chains(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Draw the trace of every chain and the stretches that were written anew (power sampling, arXiv 2510.14901)."""
    found = Chains.model_validate(score.details).chains
    figure = make_subplots(rows=1, cols=2, column_widths=[0.5, 0.5], horizontal_spacing=0.1)
    for i, chain in enumerate(found):
        figure.add_traces([_line(i, chain), *_marks(i, chain)], rows=1, cols=1)
    figure.add_traces(list(_spans(found)), rows=1, cols=2)
    laid_out(figure, x="proposals", y="ln p(text)", showlegend=False, uirevision="acceptance_rate", barmode="overlay")
    for place in _blocks(found[0]):
        figure.add_vline(x=place, line={"color": QUIET, "dash": "dash", "width": 1}, row=1, col=1)
    figure.update_xaxes(title={"text": "token"}, rangemode="tozero", row=1, col=2)
    figure.update_yaxes(title={"text": "proposal"}, autorange="reversed", row=1, col=2)
    rate = "" if score.value is None else f"{100 * score.value:.0f} % of the proposals were taken. "
    rows = [_row(chain, number, move) for chain, number, move in _each(found)]
    return Evidence("Chains", rate + READING, figure, Table(COLUMNS, tuple(rows[:ROWS_AT_MOST])))


def _each(found: Sequence[Chain]) -> Iterator[tuple[Chain, int, Move]]:
    for chain in found:
        for number, move in enumerate(chain.moves, start=1):
            yield chain, number, move


def _line(index: int, chain: Chain) -> go.Scatter:
    likelihoods = [chain.began, *(move.current for move in chain.moves)]
    return go.Scatter(
        x=list(range(len(likelihoods))), y=[round(value, 3) for value in likelihoods], mode="lines",
        line=line_style(index) | {"shape": "hv"}, hoverinfo="skip",
    )  # fmt: skip


def _marks(index: int, chain: Chain) -> Iterator[go.Scatter]:
    for taken, symbol in ((True, "circle"), (False, "circle-open")):
        those = [(number, move) for number, move in enumerate(chain.moves, start=1) if move.taken is taken]
        if those:
            yield go.Scatter(
                x=[number for number, _ in those], y=[round(move.proposed, 3) for _, move in those], mode="markers",
                marker={"symbol": symbol, "color": COLOURS[index % len(COLOURS)], "size": 7},
                hovertext=[_about(chain, number, move) for number, move in those],
                hovertemplate="%{hovertext}<extra></extra>",
            )  # fmt: skip


def _spans(found: Sequence[Chain]) -> Iterator[go.Bar]:
    """Yield the stretches of all chains, one below the other; those that were taken are filled."""
    first = 0
    for i, chain in enumerate(found):
        colour = COLOURS[i % len(COLOURS)]
        yield go.Bar(
            base=[move.start for move in chain.moves], x=[move.length - move.start for move in chain.moves],
            y=[first + number for number in range(1, len(chain.moves) + 1)], orientation="h", width=0.7,
            marker={
                "color": [colour if move.taken else "rgba(0,0,0,0)" for move in chain.moves],
                "line": {"color": colour, "width": 1},
            },
            hovertext=[_about(chain, number, move) for number, move in enumerate(chain.moves, start=1)],
            hovertemplate="%{hovertext}<extra></extra>",
        )  # fmt: skip
        first += len(chain.moves)


def _blocks(chain: Chain) -> list[float]:
    """Return between which proposals of a chain its text was allowed to become longer."""
    limits = [move.limit for move in chain.moves]
    return [i + 0.5 for i in range(1, len(limits)) if limits[i] != limits[i - 1]]


def _about(chain: Chain, number: int, move: Move) -> str:
    decided = "taken" if move.taken else "not taken"
    return (
        f"chain {chain.branch + 1}, proposal {number}: {decided}, odds {move.odds:.3f}<br>tokens {move.start} to "
        f"{move.length} anew, ln p {move.proposed:.2f}"
    )


def _row(chain: Chain, number: int, move: Move) -> tuple[Cell, ...]:
    return chain.branch, number, move.start, move.length, move.proposed, move.odds, "yes" if move.taken else "no"
