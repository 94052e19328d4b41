"""Imported rows as the program's records: marked as foreign, judged by our graders, nothing guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from storage.ids import new_id
from storage.records import Cost, Generation, ModelRecord, Outcome, Problem, Run, Score
from webapp.analysis.attempts import ANSWERING, first_attempt
from webapp.export.foreign_text import foreign_text, judged
from webapp.export.trace_row import Kind, ProblemPart, RowError, TraceRow
from webapp.tasks.problems import make_problem

FOREIGN = "imported:"  # a method of ours is never taken for one that somebody else ran
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows come from and go to; `kind` judges problems that state none of their own."""

    session_id: str
    file: str
    format: str
    when: datetime
    kind: Kind | None = None


class Made(NamedTuple):
    """The records of a row, its texts with their encoded token traces."""

    run: Run
    texts: list[tuple[Generation, bytes | None]]
    scores: list[Score]


def problem_of(part: ProblemPart, kind: Kind | None) -> Problem:
    """Return the problem of a row.

    Raises:
        RowError: when its reference, choices and kind do not fit.

    """
    stated = part.kind or ("choice" if part.choices else kind or "none")
    try:
        return make_problem(
            part.question, stated, part.reference, part.choices, source=part.source or "imported", tags=part.tags
        )
    except ValueError as error:
        raise RowError("problem", str(error)) from None


def records(row: TraceRow, place: str, origin: Origin, problem: Problem, seed: int) -> Made:
    """Return the records of a row; grades its texts, so call it in a thread.

    `seed` is the row's own, or a number that tells runs of one problem apart.

    Raises:
        RowError: when its tokens do not fit its text.

    """
    run_id = new_id()
    ids = [new_id() for _ in row.texts]
    texts = [foreign_text(part, i, run_id, ids, problem, origin.when) for i, part in enumerate(row.texts)]
    generations = [text for text, _ in texts]
    run = Run(
        id=run_id,
        session_id=origin.session_id,
        launch_id=new_id(),
        column=0,
        problem=problem,
        method=FOREIGN + row.method,
        method_version=origin.format,
        params=row.params,
        seed=seed,
        model=foreign_model(row.model),
        created_at=origin.when,
        status="failed" if row.error else "finished",
        error=row.error,
        cost=Cost(**row.cost.model_dump()),
        outcome=_outcome(row, problem, generations),
        notes=_note(row, place, origin),
        tags=("imported",),
    )
    how = f"stated in the imported file ({origin.format})"
    scores = [Score(new_id(), run_id, None, FOREIGN + name, n, how, origin.when) for name, n in row.scores.items()]
    return Made(run, texts, scores)


def foreign_model(name: str) -> ModelRecord:
    """Return the record of a model of which only the name is known; its numbers are 0, which is unknown."""
    return ModelRecord(name, "imported", UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, 0.0, 0, 0)


def _outcome(row: TraceRow, problem: Problem, texts: list[Generation]) -> Outcome:
    first_answer, first_verdict = first_attempt(problem, texts)
    answering = [text for text in texts if text.role in ANSWERING]
    chosen = texts[row.chosen] if row.chosen is not None else answering[-1] if answering else None
    if row.answer is not None:
        final = judged(problem, row.answer)
        answer, verdict = final.answer, final.verdict
    elif chosen is not None:
        answer, verdict = chosen.answer, chosen.verdict
    else:
        answer, verdict = None, "ungraded"
    return Outcome(answer, verdict, first_answer, first_verdict, chosen_generation=chosen.id if chosen else None)


def _note(row: TraceRow, place: str, origin: Origin) -> str:
    note = f"Imported from {origin.file}, {place} ({origin.format})."
    return note if row.seed is not None else f"{note} Its seed is not known."
