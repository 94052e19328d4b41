"""Weighted particles: which lives were copied and dropped, how many particles were effective, what is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import plotly.graph_objects as go
from plotly.subplots import make_subplots
from pydantic import BaseModel, Field, FiniteFloat, NonNegativeInt, model_validator

from storage.records import Generation, Score
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for
from webapp.charts.look import COLOURS, QUIET, laid_out, plain

READING = (
    "Above: every line is a text, token by token, in the place where it stood; dots are where it was copied from, "
    "crosses where it was dropped. The wider a line, the more of the weight its text has at the end. Below: how many "
    "particles were effective; under the dashed line they are resampled, where it is looked. A tree with one root "
    "late in the text says that all that is left is one beginning."
)
WIDEST = 7  # pixels of a line with all of the weight
NARROWEST = 0.8
LNZ = "ln of the estimated normaliser is {value:.2f}. "
HEIGHT = 420  # pixels


class Life(BaseModel):
    """A text in a place: it was copied with `start` tokens and had `stop` at its end."""

    generation: str
    place: NonNegativeInt
    start: NonNegativeInt
    stop: NonNegativeInt
    parent: NonNegativeInt | None = None
    pruned: bool


class Left(BaseModel):
    """A text at the end: its share of the weight, for how many particles it stands, and ln p under every law."""

    life: NonNegativeInt
    share: float = Field(ge=0, le=1.0001)
    count: int = Field(ge=1)
    log_probabilities: list[FiniteFloat] = []


class Resampled(BaseModel):
    """A resampling after so many tokens, when so many particles were effective."""

    token: NonNegativeInt
    size: FiniteFloat


class Particles(BaseModel):
    """All lives of a run, the effective size after every token, and what was left."""

    particles: int = Field(ge=1, le=1000)
    lives: list[Life] = Field(min_length=1, max_length=100_000)
    sizes: list[FiniteFloat]
    resamplings: list[Resampled]
    left: list[Left] = Field(min_length=1)
    laws: list[str]
    threshold: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _of_known_lives(self) -> Self:
        named = [*(life.parent for life in self.lives if life.parent is not None), *(left.life for left in self.left)]
        if any(each >= len(self.lives) for each in named):
            raise ValueError("a life is named that is not there")
        return self


@evidence_for("log_z")
def particles(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Draw the tree of lives over the effective size (SMC power sampling, arXiv 2602.10273)."""
    found = Particles.model_validate(score.details)
    figure = make_subplots(rows=2, cols=1, row_heights=[0.65, 0.35], shared_xaxes=True, vertical_spacing=0.06)
    figure.add_traces([*_lives(found), _copies(found), _ends(found)], rows=1, cols=1)
    figure.add_traces([_sizes(found), _events(found)], rows=2, cols=1)
    bound = found.threshold * found.particles
    figure.add_hline(y=bound, line={"color": QUIET, "dash": "dash", "width": 1}, row=2, col=1)
    laid_out(figure, x="", y="particle", showlegend=False, uirevision="log_z", height=HEIGHT)
    figure.update_yaxes(autorange="reversed", row=1, col=1)
    figure.update_yaxes(title={"text": "effective"}, rangemode="tozero", row=2, col=1)
    figure.update_xaxes(title={"text": "token"}, row=2, col=1)
    value = "" if score.value is None else LNZ.format(value=score.value)
    resampled = f"Particles were resampled {_times(len(found.resamplings))}. "
    return Evidence("Particles", resampled + value + READING, figure, _table(found, generations))


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _lives(found: Particles) -> list[go.Scatter]:
    """Return a line for every text that is left, as wide as it is heavy, and one for all that are not."""
    left = [
        _line([found.lives[each.life]], COLOURS[0], "solid", NARROWEST + (WIDEST - NARROWEST) * each.share)
        for each in found.left
    ]
    kept = {each.life for each in found.left}
    gone = [life for number, life in enumerate(found.lives) if number not in kept]
    return [_line(gone, QUIET, "dot", NARROWEST), *left]


def _line(lives: Sequence[Life], colour: str, dash: str, width: float) -> go.Scatter:
    x, y = list[float | None](), list[float | None]()
    for life in lives:
        x += [life.start, life.stop, None]
        y += [life.place + 1, life.place + 1, None]
    look = {"color": colour, "dash": dash, "width": round(width, 2)}
    return go.Scatter(x=x, y=y, mode="lines", line=look, hoverinfo="skip")


def _copies(found: Particles) -> go.Scatter:
    """Return thin lines from the place of each copied text to that of its copy."""
    x, y = list[float | None](), list[float | None]()
    for life in found.lives:
        if life.parent is not None:
            x += [life.start, life.start, None]
            y += [found.lives[life.parent].place + 1, life.place + 1, None]
    return go.Scatter(
        x=x, y=y, mode="lines+markers", line={"width": 1, "color": QUIET}, marker={"size": 5, "color": QUIET},
        hovertemplate="copied at token %{x}<extra></extra>",
    )  # fmt: skip


def _ends(found: Particles) -> go.Scatter:
    left = {each.life: each for each in found.left}
    numbered = list(enumerate(found.lives))
    symbols = ["x" if life.pruned else "circle" if n in left else "circle-open" for n, life in numbered]
    return go.Scatter(
        x=[life.stop for life in found.lives], y=[life.place + 1 for life in found.lives], mode="markers",
        marker={"symbol": symbols, "size": 7, "color": [COLOURS[0] if n in left else QUIET for n, _ in numbered]},
        hovertext=[_about(life, left.get(n)) for n, life in numbered], hovertemplate="%{hovertext}<extra></extra>",
    )  # fmt: skip


def _about(life: Life, left: Left | None) -> str:
    if life.pruned:
        return f"particle {life.place + 1} was dropped after {life.stop} tokens"
    weight = "ended, and dropped later" if left is None else f"{100 * left.share:.1f} % of the weight"
    return f"particle {life.place + 1}: {weight}, {life.stop} tokens"


def _sizes(found: Particles) -> go.Scatter:
    return go.Scatter(
        x=list(range(1, len(found.sizes) + 1)), y=[round(size, 3) for size in found.sizes], mode="lines",
        line={"color": COLOURS[1], "width": 1.5}, hovertemplate="token %{x}<br>%{y:.1f} effective<extra></extra>",
    )  # fmt: skip


def _events(found: Particles) -> go.Scatter:
    return go.Scatter(
        x=[event.token for event in found.resamplings], y=[round(event.size, 3) for event in found.resamplings],
        mode="markers", marker={"symbol": "diamond", "size": 8, "color": COLOURS[1]},
        hovertemplate="resampled after token %{x}<br>%{y:.1f} effective<extra></extra>",
    )  # fmt: skip


def _table(found: Particles, generations: Sequence[Generation]) -> Table:
    texts = {generation.id: generation for generation in generations}
    columns = (
        Column("Particle", "sample"), Column("Answer"), Column("Verdict", "verdict"),
        Column("weight", "bar", "share of the weight of all particles", 1.0),
        Column("stands for", "number", "particles that have this text"),
        *(Column(plain(f"ln p, {law}"), "number", "of the whole text, temperature 1") for law in found.laws),
    )  # fmt: skip
    ordered = sorted(found.left, key=lambda left: -left.share)
    return Table(columns, tuple(_row(found, left, texts.get(found.lives[left.life].generation)) for left in ordered))


def _row(found: Particles, left: Left, text: Generation | None) -> tuple[Cell, ...]:
    verdict = None if text is None or text.verdict == "ungraded" else text.verdict
    known: list[float | None] = [*left.log_probabilities, *[None] * len(found.laws)]
    return (
        found.lives[left.life].place, None if text is None else text.answer, verdict, left.share, left.count,
        *known[: len(found.laws)],
    )  # fmt: skip
