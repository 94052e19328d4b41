"""Iterative deepening: where triggers stand along each text, and what the texts stated before and after each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import plotly.graph_objects as go
from pydantic import BaseModel, Field, NonNegativeInt, ValidationError

from storage.records import Generation, Problem, Run, Score, VerdictValue
from webapp.analysis.transitions import transition
from webapp.charts.evidence import UNREADABLE, Cell, Column, Evidence, Table, evidence_for_runs
from webapp.charts.look import COLOURS, laid_out, plain
from webapp.tasks.graders import grade

SCORE = "answers_changed"
TITLE = "Triggers along the texts"
READING = (
    "Every bar is a sample, token by token: hatched is what was inserted, the rest the model wrote. Over each "
    "trigger stands the provisional answer: what the grader reads in the text before it (∅: none yet). The table has "
    "a row a trigger; an unfinished text may state a number of its reasoning, so a changed answer need not be a "
    "corrected one."
)
NONE = "∅"
LONGEST_ANSWER = 12  # characters over a trigger; the table has the whole answer
ROW = 46  # pixels a sample
COLUMNS = (
    Column("Sample", "sample"),
    Column("Trigger", "number"),
    Column("After tokens", "number", "how many tokens of the text stand before it"),
    Column("Before"),
    Column("After", "text", "what the text stated before the next trigger, or at its end"),
    Column("Change"),
    Column("Verdict before", "verdict"),
    Column("Verdict after", "verdict"),
)


class Trigger(BaseModel):
    """A trigger after `at` tokens, with the answers before and after it."""

    at: NonNegativeInt
    before: str | None
    after: str | None
    changed: bool


class Sample(BaseModel):
    """A text of so many tokens, with its triggers."""

    branch: NonNegativeInt
    tokens: NonNegativeInt
    triggers: list[Trigger]


class Deepening(BaseModel):
    """All samples; a trigger has `trigger` tokens, `spare` tokens of the drafts are in no sample."""

    samples: list[Sample] = Field(min_length=1)
    trigger: NonNegativeInt
    spare: NonNegativeInt


@evidence_for_runs
def deepening(run: Run, generations: Sequence[Generation], scores: Sequence[Score]) -> Evidence | None:
    """Return the ruler of every sample and a row for each trigger, graded with the run's reference if it has one."""
    score = next((score for score in scores if score.name == SCORE), None)
    if score is None:
        return None
    try:
        told = Deepening.model_validate(score.details)
    except ValidationError:
        return Evidence(TITLE, UNREADABLE)
    cost = (
        f" The samples begin with tokens of the plain drafts; {told.spare} more tokens of these were drawn for the "
        f"first attempts alone, {max(0, run.cost.generated_tokens - told.spare)} for the samples."
    )
    rows = tuple(row for sample in told.samples for row in _rows(run.problem, sample))
    return Evidence(TITLE, READING + cost, _ruler(told), Table(COLUMNS, rows) if rows else None)


def _rows(problem: Problem, sample: Sample) -> Iterator[tuple[Cell, ...]]:
    for number, trigger in enumerate(sample.triggers, start=1):
        before, after = (grade(problem, answer or "").verdict for answer in (trigger.before, trigger.after))
        place = (float(sample.branch), float(number), float(trigger.at))
        yield (*place, trigger.before, trigger.after, _change(trigger, before, after), _known(before), _known(after))


def _change(trigger: Trigger, before: VerdictValue, after: VerdictValue) -> str:
    """Say what a trigger did to the answer; from no answer to one is no correction."""
    if not trigger.changed:
        return "same" if trigger.before is not None else "none yet"
    if trigger.before is None:
        return "first answer"
    step = transition(before, after)
    return "changed" if step is None else step.replace("->", "→")


def _known(verdict: VerdictValue) -> Cell:
    return None if verdict == "ungraded" else verdict


def _ruler(told: Deepening) -> go.Figure:
    written, inserted = go.Bar(**_bars("by the model", 0, "")), go.Bar(**_bars("inserted", 1, "/"))
    for sample in told.samples:
        at = 0
        for trigger in sample.triggers:
            _add(written, sample, at, trigger.at)
            _add(inserted, sample, trigger.at, trigger.at + told.trigger)
            at = trigger.at + told.trigger
        _add(written, sample, at, sample.tokens)
    names = [f"sample {sample.branch + 1}" for sample in told.samples]
    return laid_out(
        go.Figure([written, inserted, _answers(told.samples)]), x="tokens of the text", y="", barmode="overlay",
        height=110 + ROW * len(names), bargap=0.55,
        yaxis={"categoryorder": "array", "categoryarray": names, "range": [len(names) - 0.5, -0.9]},
    )  # fmt: skip


def _bars(name: str, colour: int, shape: str) -> dict[str, Any]:
    return {
        "name": name, "orientation": "h", "x": (), "y": (), "base": (), "hoverinfo": "name",
        "marker": {"color": COLOURS[colour], "pattern": {"shape": shape}},
    }  # fmt: skip


def _add(bars: go.Bar, sample: Sample, start: int, stop: int) -> None:
    if stop > start:
        bars.x, bars.base = (*bars.x, stop - start), (*bars.base, start)
        bars.y = (*bars.y, f"sample {sample.branch + 1}")


def _answers(samples: Sequence[Sample]) -> go.Scatter:
    """Return the provisional answers over their triggers."""
    marks = [(sample, trigger) for sample in samples for trigger in sample.triggers]
    return go.Scatter(
        name="provisional answer", x=[trigger.at for _, trigger in marks],
        y=[f"sample {sample.branch + 1}" for sample, _ in marks], mode="markers+text", textposition="top center",
        text=[_short(trigger.before) for _, trigger in marks],
        customdata=[[_short(trigger.before), _short(trigger.after)] for _, trigger in marks],
        marker={"symbol": "line-ns-open", "size": 22, "color": COLOURS[1]},
        hovertemplate="after %{x} tokens: %{customdata[0]}, then %{customdata[1]}<extra></extra>",
    )  # fmt: skip


def _short(answer: str | None) -> str:
    if answer is None:
        return NONE
    return plain(answer if len(answer) <= LONGEST_ANSWER else f"{answer[: LONGEST_ANSWER - 1]}…")
