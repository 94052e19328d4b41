"""Chains of reasoning: the score of every step, and what the reviewer said of it."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from pydantic import BaseModel, Field

from storage.records import Generation, Score
from webapp.analysis.routing import tenths
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for
from webapp.charts.look import laid_out, plain

READING = (
    "A row a chain, a number a step: how right the model finds it, from 0 to 10. The reviewer read these numbers. Do "
    "low ones stand where the chain goes wrong, and does the review name that mistake? A reward is the outcome score "
    "plus the product of the steps; these are self-scores, no reward models."
)
ROWS_AT_MOST = 64  # chains that are drawn; the table has all of them


class Chains(BaseModel):
    """The ids of the chains made in each round, the first ones first, and of those that vote in the end."""

    rounds: list[list[str]] = Field(min_length=1)
    voting: list[str]


class Step(BaseModel):
    """A step and the probability that it is right."""

    text: str
    p: float = Field(ge=0, le=1)


class Steps(BaseModel):
    """The steps of one chain."""

    steps: list[Step]


@evidence_for("chain_rewards")
def chains(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence | None:
    """Draw the steps of every chain with their scores, and list the chains with what the reviewer said of them."""
    found = Chains.model_validate(score.details)
    texts = {generation.id: generation for generation in generations}
    of_steps = {s.generation_id: s for s in scores if s.name == "step_score"}
    rounds = {each: number for number, made in enumerate(found.rounds) for each in made}
    made = [texts[each] for each in rounds if each in texts and each in of_steps]
    if not made:
        return None
    steps = [Steps.model_validate(of_steps[text.id].details).steps for text in made]
    outcomes = {s.generation_id: s.value for s in scores if s.name == "outcome_score"}
    reviews = {g.parents[0]: g.text for g in generations if g.role == "critique" and g.parents}
    names = [f"sample {text.branch + 1}{f', round {rounds[text.id]}' if rounds[text.id] else ''}" for text in made]
    rows = [
        (
            f"round {rounds[text.id]}" if rounds[text.id] else "first", text.branch, text.answer,
            *_rewards(outcomes.get(text.id), of_steps[text.id].value), "yes" if text.id in found.voting else "no",
            _lowest(of_text), reviews.get(text.id),
        )
        for text, of_text in zip(made, steps, strict=True)
    ]  # fmt: skip
    return Evidence("Chains and their steps", READING, _heat(names, steps), _table(rows))


def _heat(names: Sequence[str], steps: Sequence[Sequence[Step]]) -> go.Figure:
    names, steps = names[:ROWS_AT_MOST], steps[:ROWS_AT_MOST]
    longest = max(map(len, steps))
    padded = [[*found, *[None] * (longest - len(found))] for found in steps]
    heat = go.Heatmap(
        x=list(range(1, longest + 1)), y=list(names), zmin=0, zmax=10, colorscale="Blues", showscale=False,
        z=[[None if step is None else tenths(step.p) for step in row] for row in padded], xgap=2, ygap=2,
        customdata=[["" if step is None else plain(step.text) for step in row] for row in padded],
        texttemplate="%{z}", hovertemplate="%{y}, step %{x}: %{z}/10<br>%{customdata}<extra></extra>",
    )  # fmt: skip
    figure = laid_out(go.Figure(heat), x="step", y="", height=110 + 24 * len(names))
    figure.update_layout(margin={"l": 130, "r": 12, "t": 12, "b": 40})
    return figure.update_xaxes(dtick=1).update_yaxes(type="category", autorange="reversed")


def _rewards(outcome: float | None, process: float | None) -> tuple[Cell, Cell, Cell]:
    return outcome, process, None if outcome is None or process is None else outcome + process


def _lowest(steps: Sequence[Step]) -> str | None:
    if not steps:
        return None
    number, step = min(enumerate(steps, 1), key=lambda each: each[1].p)
    return f"{number} ({tenths(step.p)}/10): {step.text}"


def _table(rows: Sequence[tuple[Cell, ...]]) -> Table:
    columns = (
        Column("Chains"), Column("Sample", "sample"), Column("answer"), Column("outcome", "bar", whole=1.0),
        Column("steps", "bar", "product of the step scores", 1.0), Column("reward", "bar", whole=2.0),
        Column("in the pool", about="its answer, if it states one, counts in the vote"), Column("lowest step"),
        Column("review"),
    )  # fmt: skip
    return Table(columns, tuple(rows))
