"""The tables, to be named with their module (`tables.Run`), as the records have the same names.

Ids of things that may be deleted or lie in another database are kept as plain text, not foreign keys:
a run's input, what a text was copied from, a branch point. Everything below a run goes with it.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from storage.annotation_tables import (
    Adjudication,
    Annotation,
    Assignment,
    LabelSchema,
    Queue,
    QueueAnnotator,
    QueueItem,
)
from storage.base_table import Base
from storage.columns import Big, Document, Folded, Id, Real, Time, Words

__all__ = [
    "Adjudication", "Annotation", "Assignment", "Base", "Cell", "Experiment", "Generation", "LabelSchema",
    "Launch", "Model", "Person", "Problem", "Queue", "QueueAnnotator", "QueueItem", "Run",
    "RunTag", "Score", "Session", "SessionTag", "TokenTrace",
]  # fmt: skip


class Person(Base):
    """Whoever is asking."""

    __tablename__ = "persons"

    id: Mapped[Id]
    name: Mapped[Words]
    default_session: Mapped[Words | None]


class Session(Base):
    """A person's named workspace."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "updated_at"),)

    id: Mapped[Id]
    person_id: Mapped[Words] = mapped_column(ForeignKey("persons.id"), index=True)
    name: Mapped[Words]
    notes: Mapped[Words]
    folded: Mapped[Folded]  # name and notes
    created_at: Mapped[Time]
    updated_at: Mapped[Time]
    deleted_at: Mapped[Time | None]
    sharing: Mapped[Words] = mapped_column(server_default="private", index=True)


class SessionTag(Base):
    """One tag of a session, in the person's order."""

    __tablename__ = "session_tags"

    session_id: Mapped[Id] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[Words]
    folded: Mapped[Folded] = mapped_column(index=True)


class Launch(Base):
    """Runs that were started together."""

    __tablename__ = "launches"

    id: Mapped[Id]
    session_id: Mapped[Words] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[Time]


class Problem(Base):
    """A problem as it was when a run took it up; `key` is the hash of its content, so that equal ones are shared."""

    __tablename__ = "problems"

    key: Mapped[Id]
    problem_id: Mapped[Words] = mapped_column(index=True)
    question: Mapped[Words]
    folded: Mapped[Folded]  # question and choices
    kind: Mapped[Words]
    reference: Mapped[Words | None]
    choices: Mapped[Document]
    source: Mapped[Words]
    tags: Mapped[Document]


class Model(Base):
    """A model as a run used it; `key` is the hash of its content."""

    __tablename__ = "models"

    key: Mapped[Id]
    model_id: Mapped[Words] = mapped_column(index=True)
    source: Mapped[Words]
    revision: Mapped[Words]
    device: Mapped[Words]
    dtype: Mapped[Words]
    kernel: Mapped[Words]
    tolerance: Mapped[Real]
    vocab_size: Mapped[Big]
    context_length: Mapped[Big]


class CostColumns:
    """What something cost."""

    generated_tokens: Mapped[Big]
    prompt_tokens: Mapped[Big]
    calls: Mapped[Big]
    seconds: Mapped[Real]


class Run(CostColumns, Base):
    """One method on one problem with one model."""

    __tablename__ = "runs"
    __table_args__ = (
        Index(None, "session_id", "created_at"),
        Index(None, "created_at"),
        Index(None, "status", "lease_until"),
    )

    id: Mapped[Id]
    session_id: Mapped[Words] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    launch_id: Mapped[Words] = mapped_column(ForeignKey("launches.id", ondelete="CASCADE"), index=True)
    column: Mapped[int] = mapped_column("launch_column")
    problem_key: Mapped[Words] = mapped_column(ForeignKey("problems.key"), index=True)
    model_key: Mapped[Words] = mapped_column(ForeignKey("models.key"), index=True)
    method: Mapped[Words] = mapped_column(index=True)
    method_version: Mapped[Words]
    params: Mapped[Document]
    seed: Mapped[Big]
    status: Mapped[Words]
    error: Mapped[Words]
    oracle: Mapped[bool]
    answer: Mapped[Words | None]
    verdict: Mapped[Words]
    first_answer: Mapped[Words | None]
    first_verdict: Mapped[Words]
    votes: Mapped[Document]
    chosen_generation: Mapped[Words | None]
    outcome_note: Mapped[Words]
    input_run: Mapped[Words | None] = mapped_column(index=True)
    branch_generation: Mapped[Words | None]
    branch_index: Mapped[Big | None]
    branch_token: Mapped[Big | None]
    created_at: Mapped[Time]
    started_at: Mapped[Time | None]
    finished_at: Mapped[Time | None]
    lease_owner: Mapped[Words | None]
    lease_until: Mapped[Time | None]
    name: Mapped[Words]
    notes: Mapped[Words]
    folded: Mapped[Folded]  # name, notes and answers
    deleted_at: Mapped[Time | None]


class RunTag(Base):
    """One tag of a run, in the person's order."""

    __tablename__ = "run_tags"

    run_id: Mapped[Id] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(primary_key=True)
    tag: Mapped[Words]
    folded: Mapped[Folded] = mapped_column(index=True)


class Generation(CostColumns, Base):
    """One text of a run's trace; the columns from `tokens` on summarise its token trace, null where unknown.

    Its index holds all that comparisons read of a text: the text itself fills several pages of the table.
    """

    __tablename__ = "generations"
    __table_args__ = (
        Index(
            "ix_generations_summary", "run_id", "ordinal", "id", "role", "branch", "round", "status", "verdict",
            "mean_entropy", "max_entropy", "last_entropy", "mean_logprob", "sum_logprob", "self_certainty", "tokens",
        ),
    )  # fmt: skip

    id: Mapped[Id]
    run_id: Mapped[Words] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    role: Mapped[Words]
    label: Mapped[Words]
    branch: Mapped[int]
    round: Mapped[int]
    parents: Mapped[Document]
    messages: Mapped[Document]
    prefix: Mapped[Document]
    sampling: Mapped[Document]
    status: Mapped[Words]
    finish_reason: Mapped[Words | None]
    text: Mapped[Words]
    folded: Mapped[Folded]  # text
    replaced: Mapped[bool]
    spans: Mapped[Document]
    answer: Mapped[Words | None]
    verdict: Mapped[Words]
    grader: Mapped[Words]
    created_at: Mapped[Time]
    started: Mapped[Real]
    copied_from: Mapped[Words | None]
    tokens: Mapped[Big | None]
    mean_entropy: Mapped[Real | None]
    max_entropy: Mapped[Real | None]
    last_entropy: Mapped[Real | None]
    mean_logprob: Mapped[Real | None]
    sum_logprob: Mapped[Real | None]
    self_certainty: Mapped[Real | None]


class TokenTrace(Base):
    """The token trace of a generation as one blob (see storage.codec), away from what lists read."""

    __tablename__ = "token_traces"

    generation_id: Mapped[Id] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"))
    blob: Mapped[bytes] = mapped_column(LargeBinary)


class Score(Base):
    """A named number about a generation, or about the whole run."""

    __tablename__ = "scores"

    id: Mapped[Id]
    run_id: Mapped[Words] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    generation_id: Mapped[Words | None] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), index=True)
    name: Mapped[Words]
    value: Mapped[Real | None]
    how: Mapped[Words]
    details: Mapped[Document]
    created_at: Mapped[Time]


class Experiment(Base):
    """A grid of methods, models, problems and seeds; `spec` is what was asked for (see webapp.experiments.spec)."""

    __tablename__ = "experiments"
    __table_args__ = (Index(None, "created_at"), Index(None, "status"))

    id: Mapped[Id]
    person_id: Mapped[Words] = mapped_column(ForeignKey("persons.id"), index=True)
    session_id: Mapped[Words] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    name: Mapped[Words]
    folded: Mapped[Folded]  # name
    spec: Mapped[Document]
    status: Mapped[Words]
    note: Mapped[Words]
    place: Mapped[Words]
    load_models: Mapped[bool]
    created_at: Mapped[Time]
    working_since: Mapped[Time | None]
    finished_at: Mapped[Time | None]
    lease_until: Mapped[Time | None]
    deleted_at: Mapped[Time | None]


class Cell(Base):
    """One run that an experiment wants; `run_id` is fixed before the run is made, so that it can be found again."""

    __tablename__ = "cells"
    __table_args__ = (Index(None, "experiment_id", "state", "position"), Index(None, "experiment_id", "ended_at"))

    experiment_id: Mapped[Id] = mapped_column(ForeignKey("experiments.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(primary_key=True)
    arm: Mapped[int]
    method: Mapped[Words]
    model: Mapped[Words]
    problem_key: Mapped[Words] = mapped_column(ForeignKey("problems.key"), index=True)
    seed: Mapped[Big]
    probe: Mapped[bool]
    state: Mapped[Words]
    run_id: Mapped[Words | None] = mapped_column(index=True)
    error: Mapped[Words]
    attempts: Mapped[int]
    lease_owner: Mapped[Words | None]
    lease_until: Mapped[Time | None]
    ended_at: Mapped[Time | None]
