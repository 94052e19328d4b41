"""Generations of texts as columns: their scores, what each was written from, and which are copies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

import plotly.graph_objects as go
from pydantic import BaseModel, Field

from storage.records import Generation, Score
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for
from webapp.charts.look import COLOURS, QUIET, laid_out, line_style, plain

READING = (
    "A column a generation, a dot a text; thin lines lead from the attempts that were shown to what was written with "
    "them in view. Hollow dots are copies of an earlier text: a model that only copies evolves nothing. "
)
SCORED = "Up is the self-score: does the mean rise because texts get better, or because the model likes its copies?"
UNSCORED = "Nothing was scored (self-evolve), so a text's height is only its number."
SPREAD = 0.24  # how far texts of a generation stand apart sideways


class Text(BaseModel):
    """The id of a text, its score (None in self-evolve), and the id of the earlier text that it repeats."""

    text: str
    score: float | None = Field(None, ge=0, le=1)
    copy_of: str | None = None


class Bred(BaseModel):
    """One generation and the ids of the attempts it was shown; `cut_to` characters each, if they were cut."""

    texts: list[Text] = Field(min_length=1)
    shown: list[str] = []
    cut_to: int | None = None


class Evolution(BaseModel):
    """All generations, the first drafts first."""

    mode: str = "selector"
    generations: list[Bred] = Field(min_length=1)


@evidence_for("evolution")
def evolved(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence | None:
    """Draw the generations of texts (EvoScale, arXiv 2505.23604); nothing where a text is not there."""
    found = Evolution.model_validate(score.details)
    texts = {generation.id: generation for generation in generations}
    if any(each.text not in texts for bred in found.generations for each in bred.texts):
        return None
    places = {each.text: _place(number, i, each, bred) for number, i, each, bred in _each(found)}
    scored = found.mode == "selector"
    figure = go.Figure([_lineage(found, places), *_dots(found, texts, places), *([_means(found)] if scored else [])])
    laid_out(figure, x="generation", y="self-score" if scored else "sample", uirevision="evolution").update_xaxes(
        dtick=1
    )
    cuts = [bred.cut_to for bred in found.generations if bred.cut_to is not None]
    cut = f" Attempts were cut to their last {min(cuts)} characters to fit." if cuts else ""
    reading = READING + (SCORED if scored else UNSCORED) + cut
    return Evidence(
        f"{len(places)} texts in {len(found.generations)} generations", reading, figure, _table(found, texts)
    )


def _each(found: Evolution) -> Iterator[tuple[int, int, Text, Bred]]:
    """Yield every text with the number of its generation, from 1, and its place in it, from 0."""
    for number, bred in enumerate(found.generations, 1):
        for i, each in enumerate(bred.texts):
            yield number, i, each, bred


def _place(number: int, i: int, each: Text, bred: Bred) -> tuple[float, float]:
    """Return where a text stands; those of a generation are side by side, so that none covers another."""
    aside = SPREAD * (i / max(1, len(bred.texts) - 1) - 0.5)
    return round(number + aside, 3), float(i + 1) if each.score is None else round(each.score, 4)


def _lineage(found: Evolution, places: Mapping[str, tuple[float, float]]) -> go.Scatter:
    """Return the lines from shown attempts to what was written from them, as one trace with gaps."""
    ways = [
        (places[shown], places[each.text])
        for _, _, each, bred in _each(found)
        for shown in bred.shown if shown in places
    ]  # fmt: skip
    return go.Scatter(
        x=[x for start, end in ways for x in (start[0], end[0], None)],
        y=[y for start, end in ways for y in (start[1], end[1], None)],
        mode="lines", line={"color": QUIET, "width": 0.7}, opacity=0.6, hoverinfo="skip", showlegend=False,
    )  # fmt: skip


def _dots(
    found: Evolution, texts: Mapping[str, Generation], places: Mapping[str, tuple[float, float]]
) -> list[go.Scatter]:
    """Return the new texts and the copies, each as a trace of its own."""
    kinds = (("new text", False, "circle"), ("copy", True, "circle-open"))
    return [
        go.Scatter(
            name=name, mode="markers", marker={"size": 11, "color": COLOURS[0], "symbol": symbol},
            x=[places[each.text][0] for each in kind], y=[places[each.text][1] for each in kind],
            customdata=[_hover(texts[each.text]) for each in kind],
            hovertemplate="%{customdata}<br>%{y}<extra></extra>",
        )
        for name, copied, symbol in kinds
        if (kind := [each for _, _, each, _ in _each(found) if bool(each.copy_of) is copied])
    ]  # fmt: skip


def _hover(text: Generation) -> str:
    return f"sample {text.branch + 1}: {plain(text.answer) if text.answer is not None else 'no answer'}"


def _means(found: Evolution) -> go.Scatter:
    scores = [[each.score for each in bred.texts if each.score is not None] for bred in found.generations]
    return go.Scatter(
        name="mean", mode="lines+markers", x=list(range(1, len(scores) + 1)), line=line_style(1),
        y=[round(fmean(known), 4) if known else None for known in scores],
        marker={"symbol": "line-ew-open", "size": 16},
        hovertemplate="mean %{y:.3f}<extra></extra>",
    )  # fmt: skip


def _table(found: Evolution, texts: Mapping[str, Generation]) -> Table:
    named = {each.text: f"{number}.{i + 1}" for number, i, each, _ in _each(found)}
    next_shown = {shown for bred in found.generations for shown in bred.shown}
    columns = (
        Column("Text", about="generation.place in it"), Column("Sample", "sample"), Column("answer"),
        Column("verdict", "verdict"), Column("self-score", "bar", whole=1.0), Column("written from"),
        Column("shown to the next"), Column("copy of"), Column("tokens", "number"),
    )  # fmt: skip
    return Table(
        columns, tuple(_row(each, bred, texts[each.text], named, next_shown) for _, _, each, bred in _each(found))
    )


def _row(
    each: Text, bred: Bred, text: Generation, named: Mapping[str, str], next_shown: set[str]
) -> tuple[Cell, ...]:
    return (
        named[each.text], text.branch, text.answer, None if text.verdict == "ungraded" else text.verdict, each.score,
        ", ".join(named[shown] for shown in bred.shown if shown in named) or None,
        "yes" if each.text in next_shown else None, named.get(each.copy_of or ""),
        None if text.summary is None else text.summary.tokens,
    )  # fmt: skip
