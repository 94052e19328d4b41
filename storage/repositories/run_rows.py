"""Runs between their record and their row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from storage import tables
from storage.records import BranchPoint, Cost, ModelRecord, Outcome, Problem, Run, Vote
from storage.text import fold


def cost_values(cost: Cost) -> dict[str, float]:
    """Return the columns of a cost."""
    return {
        "generated_tokens": cost.generated_tokens,
        "prompt_tokens": cost.prompt_tokens,
        "calls": cost.calls,
        "seconds": cost.seconds,
    }


def cost_record(row: tables.CostColumns) -> Cost:
    """Return the cost that a row holds."""
    return Cost(row.generated_tokens, row.prompt_tokens, row.calls, row.seconds)


def run_row(run: Run, problem_key: str, model_key: str) -> tables.Run:
    """Return the row of a new run."""
    branch = run.branch_of
    row = tables.Run(
        id=run.id,
        session_id=run.session_id,
        launch_id=run.launch_id,
        column=run.column,
        problem_key=problem_key,
        model_key=model_key,
        method=run.method,
        method_version=run.method_version,
        params=run.params,
        seed=run.seed,
        input_run=run.input_run,
        branch_generation=None if branch is None else branch.generation_id,
        branch_index=None if branch is None else branch.token_index,
        branch_token=None if branch is None else branch.token_id,
        created_at=run.created_at,
        lease_owner=run.lease_owner,
        lease_until=run.lease_until,
        name=run.name,
        notes=run.notes,
        deleted_at=run.deleted_at,
    )
    put_progress(row, run)
    return row


def put_progress(row: tables.Run, run: Run) -> None:
    """Set what changes of a run while it goes on; what a person wrote about it stays."""
    outcome = run.outcome
    row.status, row.error, row.oracle = run.status, run.error, run.oracle
    row.started_at, row.finished_at = run.started_at, run.finished_at
    row.answer, row.verdict = outcome.answer, outcome.verdict
    row.first_answer, row.first_verdict = outcome.first_answer, outcome.first_verdict
    row.votes = [_vote_values(vote) for vote in outcome.votes]
    row.chosen_generation, row.outcome_note = outcome.chosen_generation, outcome.note
    put_cost(row, run.cost)
    refold(row)


def put_cost(row: tables.CostColumns, cost: Cost) -> None:
    """Set the columns of a cost."""
    row.generated_tokens, row.prompt_tokens = cost.generated_tokens, cost.prompt_tokens
    row.calls, row.seconds = cost.calls, cost.seconds


def refold(row: tables.Run) -> None:
    """Bring what a run is found by up to date."""
    row.folded = fold("\n".join(filter(None, (row.name, row.notes, row.answer, row.first_answer))))


def run_record(row: tables.Run, problem: Problem, model: ModelRecord, tags: Sequence[str]) -> Run:
    """Return the run that a row holds."""
    return Run(
        id=row.id,
        session_id=row.session_id,
        launch_id=row.launch_id,
        column=row.column,
        problem=problem,
        method=row.method,
        method_version=row.method_version,
        params=row.params,
        seed=row.seed,
        model=model,
        created_at=row.created_at,
        status=row.status,  # type: ignore[arg-type]  # only literals of that type are ever stored
        error=row.error,
        oracle=row.oracle,
        cost=cost_record(row),
        outcome=_outcome(row),
        input_run=row.input_run,
        branch_of=_branch(row),
        started_at=row.started_at,
        finished_at=row.finished_at,
        lease_owner=row.lease_owner,
        lease_until=row.lease_until,
        name=row.name,
        notes=row.notes,
        tags=tuple(tags),
        deleted_at=row.deleted_at,
    )


def _outcome(row: tables.Run) -> Outcome:
    return Outcome(
        answer=row.answer,
        verdict=row.verdict,  # type: ignore[arg-type]
        first_answer=row.first_answer,
        first_verdict=row.first_verdict,  # type: ignore[arg-type]
        votes=tuple(_vote(values) for values in row.votes),
        chosen_generation=row.chosen_generation,
        note=row.outcome_note,
    )


def _branch(row: tables.Run) -> BranchPoint | None:
    if row.branch_generation is None or row.branch_index is None or row.branch_token is None:
        return None
    return BranchPoint(row.branch_generation, row.branch_index, row.branch_token)


def _vote_values(vote: Vote) -> dict[str, Any]:
    return {
        "answer": vote.answer,
        "branches": list(vote.branches),
        "weight": vote.weight,
        "winner": vote.winner,
        "tied": vote.tied,
    }


def _vote(values: Mapping[str, Any]) -> Vote:
    return Vote(
        values["answer"], tuple(values["branches"]), float(values["weight"] or 0.0), values["winner"], values["tied"]
    )
