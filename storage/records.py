"""The domain's dataclasses: what a run is made of, independent of the database, the engine and the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from storage.trace import TokenTrace, TraceSummary

Role: TypeAlias = Literal[
    "draft", "critique", "revision", "verification", "question", "evaluation",
    "aggregate", "tool_call", "tool_result", "search", "plan",
]  # fmt: skip
Origin: TypeAlias = Literal["model", "soft", "injected", "tool", "imagined", "person"]
RunStatus: TypeAlias = Literal["queued", "running", "finished", "cancelled", "failed", "interrupted"]
GenerationStatus: TypeAlias = Literal["partial", "finished"]
FinishReason: TypeAlias = Literal["eos", "stop", "length", "cancelled", "interrupted", "failed", "given", "pruned"]
VerdictValue: TypeAlias = Literal["correct", "incorrect", "unparsed", "ungraded"]
Sharing: TypeAlias = Literal["private", "read", "write"]  # what others than its owner may do with a session
ProblemKind: TypeAlias = Literal["numeric", "math", "choice", "yesno", "text", "procedural", "none"]

BY_HAND = "by_hand"  # the method name of a run in which a person corrected a text
LIVE_STATUSES: frozenset[RunStatus] = frozenset({"queued", "running"})


@dataclass(frozen=True, slots=True)
class Problem:
    """A question with what is needed to judge an answer, and where it came from.

    `kind` names the grader. `choices` are the option texts of a multiple-choice problem, in the order
    (A), (B), ...; `reference` is then the letter. `source` is a data-set name and row, or "typed".
    """

    id: str
    question: str
    kind: ProblemKind = "none"
    reference: str | None = None
    choices: tuple[str, ...] = ()
    source: str = "typed"
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever is asking; `local` where nobody logs in."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Session:
    """A person's named workspace: runs and notes."""

    id: str
    person_id: str
    name: str
    created_at: datetime
    updated_at: datetime
    notes: str = ""
    tags: tuple[str, ...] = ()
    deleted_at: datetime | None = None
    sharing: Sharing = "private"


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """What a run keeps of the model that made it; `tolerance` is in nats, on recomputed log-probabilities."""

    id: str
    source: str
    revision: str
    device: str
    dtype: str
    kernel: str
    tolerance: float
    vocab_size: int
    context_length: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What something cost; seconds are wall-clock, tokens are counted once a call."""

    generated_tokens: int = 0
    prompt_tokens: int = 0
    calls: int = 0
    seconds: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.generated_tokens + other.generated_tokens,
            self.prompt_tokens + other.prompt_tokens,
            self.calls + other.calls,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class BranchPoint:
    """Where a person forced another token: the source generation, the token's index in it, the forced id."""

    generation_id: str
    token_index: int
    token_id: int


@dataclass(frozen=True, slots=True)
class Vote:
    """One distinct answer of a vote; `branches` are the samples that gave it, `weight` what it counted."""

    answer: str
    branches: tuple[int, ...]
    weight: float
    winner: bool = False
    tied: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run concluded, and what its first attempts said; unknown parts are None."""

    answer: str | None = None
    verdict: VerdictValue = "ungraded"
    first_answer: str | None = None
    first_verdict: VerdictValue = "ungraded"
    votes: tuple[Vote, ...] = ()
    chosen_generation: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One method with its parameters and seed, on one problem, with one model."""

    id: str
    session_id: str
    launch_id: str
    column: int
    problem: Problem
    method: str
    method_version: str
    params: Mapping[str, Any]
    seed: int
    model: ModelRecord
    created_at: datetime
    status: RunStatus = "queued"
    error: str = ""
    oracle: bool = False
    cost: Cost = field(default_factory=Cost)
    outcome: Outcome = field(default_factory=Outcome)
    input_run: str | None = None
    branch_of: BranchPoint | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None
    name: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    deleted_at: datetime | None = None

    @property
    def live(self) -> bool:
        """Whether it is still queued or running, as far as its status says."""
        return self.status in LIVE_STATUSES


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a generation's text by origin; offsets are UTF-8 bytes, end exclusive."""

    start: int
    end: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Generation:
    """One text in a run's trace.

    `label` is the method's name for the call; what keys the noise is in `sampling`, the label too unless the noise of
    another text was used again. `messages` is the prompt as chat messages, `prefix` the token ids of the assistant
    message it was told to continue. `copied_from` names the generation of an earlier run that this one repeats
    (cost 0). `started` and `seconds` are seconds since the run started
    and the duration. `replaced` says that invalid characters were replaced in `text`.
    """

    id: str
    run_id: str
    ordinal: int
    role: Role
    label: str
    created_at: datetime
    branch: int = 0
    round: int = 0
    parents: tuple[str, ...] = ()
    messages: tuple[tuple[str, str], ...] = ()
    prefix: tuple[int, ...] = ()
    sampling: Mapping[str, Any] = field(default_factory=dict)
    status: GenerationStatus = "partial"
    finish_reason: FinishReason | None = None
    text: str = ""
    replaced: bool = False
    spans: tuple[Span, ...] = ()
    answer: str | None = None
    verdict: VerdictValue = "ungraded"
    grader: str = "none"
    cost: Cost = field(default_factory=Cost)
    started: float = 0.0
    copied_from: str | None = None
    summary: TraceSummary | None = None

    def with_(self, **changes: Any) -> Generation:
        """Return a copy with the given fields changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Score:
    """A named number about a generation (or the whole run), with how it was obtained.

    `details` holds what the number was computed from (for P(True): both masses, the captured mass, the format).
    """

    id: str
    run_id: str
    generation_id: str | None
    name: str
    value: float | None
    how: str
    created_at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run with everything below it, as the repositories return it; traces by generation id."""

    run: Run
    generations: tuple[Generation, ...]
    scores: tuple[Score, ...]
    traces: Mapping[str, TokenTrace]


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as a list shows it; `question` and the answers are cut to an excerpt.

    The transition is `first_verdict` to `verdict`. `branch` says that a person forced a token, `writable` that who
    asked for the list may change the run.
    """

    id: str
    session_id: str
    session_name: str
    launch_id: str
    column: int
    problem_id: str
    question: str
    method: str
    model_id: str
    seed: int
    status: RunStatus
    answer: str | None
    verdict: VerdictValue
    first_answer: str | None
    first_verdict: VerdictValue
    oracle: bool
    branch: bool
    cost: Cost
    created_at: datetime
    name: str
    notes: str
    tags: tuple[str, ...]
    deleted_at: datetime | None = None
    writable: bool = True


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as a list shows it; `runs` counts its runs that are not deleted, `live_runs` those at work.

    `owner` is the name of the person it belongs to.
    """

    id: str
    person_id: str
    name: str
    notes: str
    tags: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    runs: int
    live_runs: int
    deleted_at: datetime | None = None
    sharing: Sharing = "private"
    owner: str = ""


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list, and how long the whole list is."""

    items: list[Row]
    total: int
