"""What each truncation rule made of the same samples: how much it kept, and what its texts answer."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from pydantic import BaseModel, Field, FiniteFloat, NonNegativeInt

from storage.records import Generation, Score
from webapp.charts.evidence import Cell, Column, Evidence, Table, evidence_for
from webapp.charts.look import laid_out, line_style, plain

READING = (
    "The first samples were drawn by the run's own settings, then once more by each rule with the same noise. Kept "
    "tokens, their mass and the entropy before the others were dropped are means over all tokens of a rule's texts, "
    "at the temperature of the run. The line of a rule shows how many tokens could be drawn at each token of its "
    "first sample: where it falls to 1 the rule left no choice. ★ marks the rule whose vote is the run's answer."
)
COLUMNS = (
    Column("Rule"),
    Column("Kept tokens", "number", "mean number of tokens that could be drawn"),
    Column("Kept mass", "bar", "mean probability of what was kept, before the rest was dropped", 1.0),
    Column("Entropy", "number", "mean before truncation, in nats, at the temperature of the run"),
    Column("Answer", "text", "what the texts of the rule say by majority"),
    Column("Agreeing", "bar", "share of its texts that give this answer", 1.0),
    Column("No answer", "number", "texts that state none"),
    Column("First text", "sample"),
)
CHOSEN = 1  # top-H stands first after the run's own settings


class RuleDrawn(BaseModel):
    """One rule: its texts, what it kept, and what the texts say."""

    rule: str
    branches: list[NonNegativeInt] = Field(min_length=1)
    answer: str | None
    agreeing: NonNegativeInt
    missing: NonNegativeInt
    tokens: FiniteFloat | None
    mass: FiniteFloat | None
    entropy: FiniteFloat | None
    along: list[int] | None = None


class RulesDrawn(BaseModel):
    """All rules, the run's own settings first."""

    rules: list[RuleDrawn] = Field(min_length=2)


@evidence_for("rules_agree")
def decoding_rules(score: Score, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence:
    """Return a row for each rule, and how many tokens each kept along its first sample (arXiv 2509.02510)."""
    drawn = RulesDrawn.model_validate(score.details).rules
    table = Table(COLUMNS, tuple(_row(each) for each in drawn), CHOSEN)
    return Evidence("The same samples by each rule", READING, _along(drawn), table)


def _row(drawn: RuleDrawn) -> tuple[Cell, ...]:
    share = drawn.agreeing / len(drawn.branches)
    numbers = (drawn.tokens, drawn.mass, drawn.entropy)
    return (drawn.rule, *numbers, drawn.answer, share, float(drawn.missing), float(drawn.branches[0]))


def _along(drawn: Sequence[RuleDrawn]) -> go.Figure | None:
    lines = [
        go.Scatter(
            name=plain(each.rule), y=each.along, x=list(range(1, len(each.along) + 1)), mode="lines",
            line=line_style(i) | {"shape": "hvh"},
            hovertemplate="token %{x}: %{y} kept<extra>%{fullData.name}</extra>",
        )
        for i, each in enumerate(drawn) if each.along
    ]  # fmt: skip
    if not lines:
        return None
    return laid_out(go.Figure(lines), x="token of the first sample", y="kept tokens", yaxis_type="log")
