"""The cells of experiments: stored, listed, filtered and counted by the database, without ever opening a trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, insert, select
from sqlalchemy.orm import Session

from storage import tables
from storage.experiments import Cell, CellFilter, CellRow
from storage.records import Cost, Page
from storage.repositories import problems
from storage.text import fold

EXCERPT = 200  # characters of a question or an answer in a list
PIECE = 1_000  # rows written or read at once
ARROW = ">"  # between the verdicts of a transition

_Cell, _Run, _Problem = tables.Cell, tables.Run, tables.Problem


def add_all(s: Session, cells: Sequence[Cell]) -> None:
    """Store new cells; what they share is looked at once."""
    keys = {problem: problems.keep(s, problem) for problem in dict.fromkeys(cell.problem for cell in cells)}
    for start in range(0, len(cells), PIECE):
        s.execute(insert(_Cell), [_values(cell, keys[cell.problem]) for cell in cells[start : start + PIECE]])


def record(row: tables.Cell, problem: tables.Problem) -> Cell:
    """Return the cell that a row holds."""
    return Cell(
        experiment_id=row.experiment_id,
        position=row.position,
        arm=row.arm,
        method=row.method,
        model=row.model,
        problem=problems.record(problem),
        seed=row.seed,
        probe=row.probe,
        state=row.state,  # type: ignore[arg-type]  # only literals of that type are ever stored
        run_id=row.run_id,
        error=row.error,
        attempts=row.attempts,
    )


def page(
    s: Session, experiment_id: str, only: CellFilter | None = None, *, offset: int = 0, limit: int = 50
) -> Page[CellRow]:
    """Return a page of an experiment's cells in their order."""
    conditions = [_Cell.experiment_id == experiment_id, *_conditions(only or CellFilter())]
    rows = s.execute(_listed().where(*conditions).order_by(_Cell.position).offset(offset).limit(limit))
    total = s.scalar(_joined(select(func.count())).where(*conditions)) or 0
    return Page([_cell_row(dict(row)) for row in rows.mappings()], total)


def every(s: Session, experiment_id: str) -> Iterator[tuple[CellRow, dict[str, Any]]]:
    """Yield all cells in order, each with what only an export tells: the whole texts, reference and times."""
    query = _listed(
        _Problem.question.label("whole_question"), _Problem.kind, _Problem.reference,
        _Run.answer.label("whole_answer"), _Run.first_answer.label("whole_first_answer"), _Run.params,
        _Run.method_version, _Run.model_key, _Run.started_at, _Run.finished_at,
    )  # fmt: skip
    after = -1
    while True:
        of = query.where(_Cell.experiment_id == experiment_id, _Cell.position > after)
        rows = s.execute(of.order_by(_Cell.position).limit(PIECE)).mappings().all()
        for row in rows:
            values = dict(row)
            rest = {name: values.pop(name) for name in tuple(values) if name in _EXPORTED}
            yield _cell_row(values), rest
        if len(rows) < PIECE:
            return
        after = rows[-1]["position"]


def lately(s: Session, experiment_id: str, since: datetime, limit: int) -> list[datetime]:
    """Return when the last cells that are done ended, newest first."""
    query = select(_Cell.ended_at).where(_Cell.experiment_id == experiment_id, _Cell.ended_at >= since)
    found = s.scalars(query.where(_Cell.state == "done").order_by(_Cell.ended_at.desc()).limit(limit))
    return [moment for moment in found if moment is not None]


_EXPORTED = frozenset(
    {
        "whole_question", "kind", "reference", "whole_answer", "whole_first_answer", "params", "method_version",
        "model_key", "started_at", "finished_at",
    }
)  # fmt: skip


def _conditions(only: CellFilter) -> list[ColumnElement[bool]]:
    exact = ((_Cell.state, only.state), (_Cell.arm, only.arm), (_Cell.model, only.model), (_Cell.seed, only.seed))
    found = [column == wanted for column, wanted in exact if wanted is not None]
    if only.outcome is not None:
        first, arrow, last = only.outcome.rpartition(ARROW)
        found += [_Cell.state == "done", _Run.verdict == last, *([_Run.first_verdict == first] if arrow else [])]
    if needle := fold(only.text.strip()):
        found.append(_Problem.folded.contains(needle, autoescape=True))
    return found


def _listed(*more: Any) -> Select[Any]:
    return _joined(
        select(
            _Cell.position, _Cell.arm, _Cell.method, _Cell.model, _Problem.problem_id, _Problem.source,
            func.substr(_Problem.question, 1, EXCERPT).label("question"), _Cell.seed, _Cell.probe, _Cell.state,
            _Cell.run_id, _Cell.error, _Cell.attempts, _Run.status.label("run_status"),
            func.substr(_Run.answer, 1, EXCERPT).label("answer"), _Run.verdict,
            func.substr(_Run.first_answer, 1, EXCERPT).label("first_answer"), _Run.first_verdict,
            func.coalesce(_Run.oracle, False).label("oracle"),
            _Run.generated_tokens, _Run.prompt_tokens, _Run.calls, _Run.seconds, *more,
        )
    )  # fmt: skip


def _joined(query: Select[Any]) -> Select[Any]:
    query = query.select_from(_Cell).join(_Problem, _Problem.key == _Cell.problem_key)
    return query.outerjoin(_Run, _Run.id == _Cell.run_id)


def _cell_row(values: dict[str, Any]) -> CellRow:
    costs = {name: values.pop(name) or 0 for name in ("generated_tokens", "prompt_tokens", "calls", "seconds")}
    return CellRow(**values, cost=Cost(**costs))


def _values(cell: Cell, problem_key: str) -> dict[str, Any]:
    return {
        "experiment_id": cell.experiment_id,
        "position": cell.position,
        "arm": cell.arm,
        "method": cell.method,
        "model": cell.model,
        "problem_key": problem_key,
        "seed": cell.seed,
        "probe": cell.probe,
        "state": cell.state,
        "run_id": cell.run_id,
        "error": cell.error,
        "attempts": cell.attempts,
    }
