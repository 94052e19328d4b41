"""Self-repellent samples: the tree of their beginnings with p against p', distinct answers, shares by weight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt
from typing import Self

import plotly.graph_objects as go
from plotly.subplots import make_subplots
from pydantic import BaseModel, Field, FiniteFloat, NonNegativeInt, model_validator

from storage.records import Generation, Score
from webapp.analysis.prefix_tree import heights, prefix_tree
from webapp.charts.evidence import Column, Evidence, Table, evidence_for
from webapp.charts.look import COLOURS, QUIET, laid_out, line_style, plain

READING = (
    "Left: how the samples begin; a dot is a token, the larger the more samples took it, and hovering shows p, what "
    "the model gave it, and p', what it was drawn with after those before it. Triangles were drawn although repelled "
    "(p' below p), squares were made likelier. Right: how many different answers the first k samples gave, "
    "with repulsion and without. In the table an answer's weighted share says what the model itself would answer."
)
BEGINNING = 16  # characters of the text before a token that hovering shows
DEEPEST = 200  # tokens of a sample that the tree has
HEIGHT = 420  # pixels


class Seen(BaseModel):
    """A token after a visited beginning: how often it had been taken, p, and p'."""

    text: str
    count: NonNegativeInt
    p: float = Field(ge=0, le=1.0001)
    drawn_with: float = Field(ge=0, le=1.0001)


class Drawn(BaseModel):
    """A draw at the token `index` after `visits` earlier samples with the same beginning; the last seen was taken."""

    index: NonNegativeInt
    visits: int = Field(ge=1)
    log_weight: FiniteFloat
    seen: list[Seen] = Field(min_length=1)


class Sample(BaseModel):
    """The first tokens of a sample, what its repelled draws were made of, and its importance weight, ln p - ln p'."""

    branch: NonNegativeInt
    answer: str | None
    log_weight: FiniteFloat
    tokens: list[str]
    ids: list[int]
    draws: list[Drawn]

    @model_validator(mode="after")
    def _of_one_length(self) -> Self:
        if len(self.tokens) != len(self.ids):
            raise ValueError("every token has an id")
        return self


class Said(BaseModel):
    """An answer: its weighted share with its error, and how many samples and first drafts gave it."""

    answer: str
    share: float = Field(ge=0, le=1.0001)
    error: FiniteFloat
    repelled: NonNegativeInt
    plain: NonNegativeInt


class Repulsion(BaseModel):
    """All samples in the order of drawing, and the answers of as many first drafts."""

    samples: list[Sample] = Field(min_length=1, max_length=1000)
    drafts: list[str | None]
    answers: list[Said]


@evidence_for("effective_samples")
def repelled(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Draw the prefix tree and the coverage of answers (self-repellent walks, arXiv 2305.05097)."""
    found = Repulsion.model_validate(score.details)
    figure = make_subplots(rows=1, cols=2, column_widths=[0.65, 0.35], horizontal_spacing=0.1)
    figure.add_traces(_drawing(found.samples), rows=1, cols=1)
    figure.add_traces(_coverage(found), rows=1, cols=2)
    laid_out(figure, x="token", y="", showlegend=True, uirevision="effective_samples", height=HEIGHT)
    figure.update_yaxes(visible=False, autorange="reversed", row=1, col=1)
    figure.update_xaxes(title={"text": "samples"}, dtick=max(1, len(found.samples) // 8), row=1, col=2)
    figure.update_yaxes(title={"text": "different answers"}, rangemode="tozero", row=1, col=2)
    worth = "" if score.value is None else f"Weighted, {len(found.samples)} samples are worth {score.value:.1f}. "
    return Evidence("Samples that repel each other", worth + READING, figure, _table(found))


def _drawing(samples: Sequence[Sample]) -> list[go.Scatter]:
    nodes = prefix_tree([sample.ids[:DEEPEST] for sample in samples])
    height, below = heights(nodes), [prefix for prefix in nodes if prefix]
    x, y = list[float | None](), list[float | None]()
    for prefix in below:
        x += [len(prefix) - 1, len(prefix), None]
        y += [height[prefix[:-1]], height[prefix], None]
    said = {tuple(s.ids[: k + 1]): s.tokens[: k + 1] for s in samples for k in range(min(DEEPEST, len(s.ids)))}
    draws = {tuple(s.ids[: draw.index + 1]): draw for s in samples for draw in s.draws}
    about = [_about(said[p], draws.get(p), nodes[p].count, nodes[p[:-1]].count) for p in below]
    look = {
        "size": [round(5 + 4 * sqrt(nodes[prefix].count - 1), 1) for prefix in below], "color": COLOURS[0],
        "symbol": [_symbol(draws.get(prefix)) for prefix in below],
    }  # fmt: skip
    return [
        go.Scatter(x=x, y=y, mode="lines", line={"width": 1, "color": QUIET}, hoverinfo="skip", showlegend=False),
        go.Scatter(
            x=[len(prefix) for prefix in below], y=[height[prefix] for prefix in below], mode="markers", marker=look,
            hovertext=about, hovertemplate="%{hovertext}<extra></extra>", showlegend=False,
        ),
    ]  # fmt: skip


def _symbol(draw: Drawn | None) -> str:
    if draw is None:
        return "circle"
    return "triangle-down" if draw.seen[-1].drawn_with < draw.seen[-1].p else "square"


def _about(said: Sequence[str], draw: Drawn | None, count: int, of: int) -> str:
    before = plain("".join(said[:-1])[-BEGINNING:])
    taken = f"“{before}” → “{plain(said[-1])}”<br>taken by {count} of {of} samples"
    if draw is None:
        return taken
    last, others = draw.seen[-1], [f"“{plain(seen.text)}” {seen.count}×" for seen in draw.seen if seen.count]
    return f"{taken}<br>p {last.p:.4f}, p' {last.drawn_with:.4f} after {draw.visits} earlier: {', '.join(others)}"


def _coverage(found: Repulsion) -> list[go.Scatter]:
    lines = {"with repulsion": [sample.answer for sample in found.samples], "without": found.drafts}
    return [
        go.Scatter(
            name=name, x=list(range(1, len(said) + 1)), y=list(_different(said)), mode="lines+markers",
            line=line_style(i) | {"dash": ("solid", "dot")[i]}, marker={"size": 5, "symbol": i},
            hovertemplate="%{y} answers after %{x}<extra>%{fullData.name}</extra>",
        )
        for i, (name, said) in enumerate(lines.items())
    ]  # fmt: skip


def _different(said: Sequence[str | None]) -> Iterator[int]:
    known: set[str] = set()
    for answer in said:
        known |= set() if answer is None else {answer}
        yield len(known)


def _table(found: Repulsion) -> Table | None:
    if not found.answers:
        return None
    columns = (
        Column("Answer"), Column("weighted share", "bar", "of the weight of all samples with repulsion", 1.0),
        Column("± error", "number", "standard error of the weighted share"),
        Column("with repulsion", "bar", "samples that say it"),
        Column("without", "bar", "first drafts that say it"),
    )  # fmt: skip
    ordered = sorted(found.answers, key=lambda said: -said.share)
    rows = tuple((s.answer, s.share, s.error, float(s.repelled), float(s.plain)) for s in ordered)
    return Table(columns, rows, 0)
