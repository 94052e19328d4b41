"""Typed run events: what a run's log keeps, the WebSocket carries and the page draws.

Events are numbered from 1 within an epoch. While a run lives its log is in memory; afterwards it is rebuilt
from stored generations under a new epoch, which tells a client to start over.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True)


class RunOpened(_Event):
    """First event of every log: what is being run, enough to draw the column's head."""

    type: Literal["run_opened"] = "run_opened"
    run: str
    session: str
    launch: str
    column: int
    method: str
    title: str
    faithful: str
    faithful_note: str = ""
    params: dict[str, Any]
    seed: int
    model: str
    model_detail: str
    vocab_size: int
    question: str
    kind: str
    choices: list[str]
    reference: str | None
    created_at: str
    branch_of: dict[str, Any] | None = None
    input_run: str | None = None
    oracle: bool = False
    prompted_emulation: bool = False
    name: str = ""
    notes: str = ""


class RunProgress(_Event):
    """Where the run stands: tokens generated of those that may be, and what it is doing.

    While it waits, `queue_position` go before it, and `queue_people` share the model, where that is known.
    """

    type: Literal["run_progress"] = "run_progress"
    status: str
    doing: str
    queue_position: int | None = None
    queue_people: int | None = None
    generated_tokens: int = 0
    expected_tokens: int = 0
    prompt_tokens: int = 0
    calls: int = 0
    seconds: float = 0.0


class GenerationStarted(_Event):
    """A generation begins; `parents` are the generations it answers, judges or revises."""

    type: Literal["generation_started"] = "generation_started"
    generation: str
    ordinal: int
    role: str
    branch: int
    round: int
    parents: list[str]
    label: str
    copied_from: str | None = None


class Tokens(_Event):
    """New tokens of a generation, column by column; `start` is the index of the first.

    `text` is what each token adds; `special` lists the positions in this event (0 is its first token) of special
    tokens, whose text is their name. Unknown columns and unknown numbers are None.
    `alternatives[i]` lists [id, text, log-probability] best first. `origin` is set where it is not "model".
    """

    type: Literal["tokens"] = "tokens"
    generation: str
    start: int
    ids: list[int]
    text: list[str]
    special: list[int] = []
    entropy: list[float | None] | None = None
    logprob: list[float | None] | None = None
    sampled_logprob: list[float | None] | None = None
    self_certainty: list[float | None] | None = None
    candidates: list[int] | None = None
    alternatives: list[list[tuple[int, str, float]]] | None = None
    seconds: list[float | None] | None = None
    origin: str | None = None
    entropy_is_lower_bound: bool = False


class GenerationFinished(_Event):
    """A generation is complete and stored.

    `text` is the whole text, `summary` the trace's numbers (names of TraceSummary), `diff` the word-level
    difference to `diff_against` as [op, text] with op one of "=", "-", "+".
    """

    type: Literal["generation_finished"] = "generation_finished"
    generation: str
    text: str
    finish_reason: str | None
    replaced: bool
    answer: str | None
    verdict: str
    grader: str
    summary: dict[str, Any] | None
    spans: list[tuple[int, int, str]]
    generated_tokens: int
    prompt_tokens: int
    seconds: float
    diff_against: str | None = None
    diff: list[tuple[str, str]] | None = None


class ScoreAdded(_Event):
    """A named number about a generation or the run; `details` has masses, captured mass, format and ideas, if any.

    Whatever else is stored of a score may be long (states, trees, distributions) and is asked for as evidence.
    """

    type: Literal["score_added"] = "score_added"
    generation: str | None
    name: str
    value: float | None
    how: str
    details: dict[str, Any]


class RunFinished(_Event):
    """Last event of a log: status, outcome (fields of Outcome) and cost (fields of Cost)."""

    type: Literal["run_finished"] = "run_finished"
    status: str
    error: str
    outcome: dict[str, Any]
    cost: dict[str, Any]
    oracle: bool


RunEvent = Annotated[
    RunOpened | RunProgress | GenerationStarted | Tokens | GenerationFinished | ScoreAdded | RunFinished,
    Field(discriminator="type"),
]


class Batch(BaseModel):
    """One WebSocket message: events numbered from `seq` on, of log `epoch` of run `run`.

    A client that sees another epoch than the one it knows drops what it drew and starts over.
    """

    run: str
    epoch: str
    seq: int
    events: list[RunEvent]
