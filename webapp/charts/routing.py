"""Why a problem was routed as easy or hard, and how its chains voted round by round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log

import plotly.graph_objects as go
from pydantic import BaseModel, Field

from storage.records import Generation, Score
from webapp.charts.evidence import Column, Evidence, Table, evidence_for
from webapp.charts.look import laid_out, line_style, plain

ROUTING = (
    "Hard is low quality and low confidence at once, and only that is refined. Quality: how many standard deviations "
    "({deviation:g}) the rewards of the majority's chains lie above the usual reward ({mean:g}); both are settings, "
    "not measured on this run, and low is below {quality:g}. Confidence: 2 (1 - sigmoid(H)), H the entropy of the "
    "answers weighed by either score; low is below {confidence:g}{entropy}."
)
VOTES = (
    "What each answer weighs: the rewards of the chains that give it, added up. First all chains vote; after each "
    "round the best of old and new ones do."
)


class Limits(BaseModel):
    """What a routing is decided by."""

    mean: float
    deviation: float
    quality_below: float
    confidence_below: float


class Routed(BaseModel):
    """One decision; None is not known (no chain states an answer, or none the majority's)."""

    quality: float | None = None
    outcome_entropy: float | None = None
    step_entropy: float | None = None
    outcome_confidence: float
    step_confidence: float
    quality_low: bool
    confidence_low: bool
    hard: bool
    majority: str | None = None


class Routing(BaseModel):
    """The decisions about one problem, of the first chains and of those of every round."""

    limits: Limits
    rounds: list[Routed] = Field(min_length=1)


class Weighed(BaseModel):
    """An answer and what it weighs."""

    answer: str
    weight: float


class Votes(BaseModel):
    """The vote of the first chains and after every round."""

    rounds: list[list[Weighed]] = Field(min_length=1)


@evidence_for("routing")
def routed(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Show what a problem was routed by (MAgICoRe, arXiv 2409.12147)."""
    routing = Routing.model_validate(score.details)
    columns = (
        Column("Chains"), Column("majority"), Column("quality", "number", "standard deviations above the usual"),
        Column("H, outcome", "number", "entropy in nats"), Column("H, steps", "number", "entropy in nats"),
        Column("confidence, outcome", "bar", whole=1.0), Column("confidence, steps", "bar", whole=1.0),
        Column("Verdict"), Column("why"),
    )  # fmt: skip
    rows = tuple(
        (
            _named(number), each.majority, each.quality, each.outcome_entropy, each.step_entropy,
            each.outcome_confidence, each.step_confidence, "hard" if each.hard else "easy", _why(each),
        )
        for number, each in enumerate(routing.rounds)
    )  # fmt: skip
    title = f"Routed as {'hard' if routing.rounds[0].hard else 'easy'}"
    return Evidence(title, _reading(routing.limits), table=Table(columns, rows))


@evidence_for("weighted_vote")
def voted(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence | None:
    """Draw the weighted vote before refinement and after every round."""
    rounds = Votes.model_validate(score.details).rounds
    weights = [{each.answer: each.weight for each in votes} for votes in rounds]
    answers = list(dict.fromkeys(answer for votes in weights for answer in votes))
    if not answers:
        return None
    figure = go.Figure([_bars(number, answers, votes) for number, votes in enumerate(weights)])
    laid_out(figure, x="weight", y="", barmode="group", uirevision="weighted_vote")
    figure.update_yaxes(type="category", autorange="reversed")
    columns = (Column("Answer"), *(Column(_named(number), "bar") for number in range(len(weights))))
    rows = tuple((answer, *(votes.get(answer) for votes in weights)) for answer in answers)
    return Evidence("The weighted vote, round by round", VOTES, figure, Table(columns, rows))


def _named(number: int) -> str:
    return f"round {number}" if number else "first"


def _reading(limits: Limits) -> str:
    below = limits.confidence_below
    entropy = f" (H above {log(2 / below - 1):.2f} nats)" if 0 < below <= 1 else ""
    return ROUTING.format(
        mean=limits.mean, deviation=limits.deviation, quality=limits.quality_below, confidence=below, entropy=entropy
    )


def _why(each: Routed) -> str:
    quality = f"quality is {'low' if each.quality_low else 'not low'}"
    if each.outcome_entropy is None:
        return f"{quality}; no chain states an answer, so there is no confidence"
    joined = "and" if each.quality_low == each.confidence_low else "but"
    return f"{quality}, {joined} confidence is {'low' if each.confidence_low else 'not low'}"


def _bars(number: int, answers: Sequence[str], votes: Mapping[str, float]) -> go.Bar:
    style = line_style(number)
    return go.Bar(
        name=_named(number), orientation="h", y=[plain(answer) for answer in answers],
        x=[votes.get(answer, 0.0) for answer in answers], marker={"color": style["color"]},
        hovertemplate="%{y}: %{x:.3f}<extra>%{fullData.name}</extra>",
    )  # fmt: skip
