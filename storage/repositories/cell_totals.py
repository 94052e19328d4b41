"""What the cells of an experiment came to, summed by the database over columns of their runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Integer, Select, cast, func, select
from sqlalchemy.orm import Session

from storage import tables
from storage.experiments import ArmTotals, CellState
from storage.records import Cost, VerdictValue

_Cell, _Run = tables.Cell, tables.Run
_Arm: TypeAlias = tuple[int, str]  # arm and model
_Costs: TypeAlias = tuple[Cost, float, int]  # summed, squares of the generated tokens, runs that asked the oracle


def by_arm(s: Session, experiment_id: str) -> list[ArmTotals]:
    """Return the totals of every arm with every model, in the order in which these stand in the grid."""
    states = _states(s, experiment_id)
    verdicts = _verdicts(s, experiment_id)
    costs = _costs(s, experiment_id)
    none: _Costs = (Cost(), 0.0, 0)
    return [
        ArmTotals(
            arm, model, states=found, verdicts=verdicts.get((arm, model), {}), cost=cost, squares=sq, oracle=asked
        )
        for (arm, model), found in states.items()
        for cost, sq, asked in [costs.get((arm, model), none)]
    ]


def spent_since(s: Session, experiment_id: str, since: datetime) -> int:
    """Return how many tokens the runs generated whose cells were done since a moment."""
    query = select(func.coalesce(func.sum(_Run.generated_tokens), 0)).select_from(_Cell)
    query = query.join(_Run, _Run.id == _Cell.run_id)
    return int(s.scalar(query.where(_Cell.experiment_id == experiment_id, _Cell.ended_at >= since)) or 0)


def spans(s: Session, experiment_id: str, limit: int) -> Sequence[tuple[datetime, datetime, int]]:
    """Return when the runs of the last cells that are done began and ended, and the tokens they generated."""
    query = _done(experiment_id, _Run.started_at, _Run.finished_at, _Run.generated_tokens)
    rows = s.execute(query.order_by(_Cell.ended_at.desc()).limit(limit))
    return [(began, ended, tokens) for began, ended, tokens in rows if began is not None and ended is not None]


def _states(s: Session, experiment_id: str) -> dict[_Arm, dict[CellState, int]]:
    query = select(_Cell.arm, _Cell.model, _Cell.state, func.count(), func.min(_Cell.position))
    query = query.where(_Cell.experiment_id == experiment_id).group_by(_Cell.arm, _Cell.model, _Cell.state)
    found: dict[_Arm, dict[CellState, int]] = defaultdict(dict)
    first: dict[_Arm, int] = {}
    for arm, model, state, count, position in s.execute(query):
        found[arm, model][state] = count  # type: ignore[index]  # only literals of that type are stored
        first[arm, model] = min(position, first.get((arm, model), position))
    return {key: found[key] for key in sorted(found, key=first.__getitem__)}


def _verdicts(s: Session, experiment_id: str) -> dict[_Arm, dict[tuple[VerdictValue, VerdictValue], int]]:
    columns = (_Cell.arm, _Cell.model, _Run.first_verdict, _Run.verdict)
    found: dict[_Arm, dict[tuple[VerdictValue, VerdictValue], int]] = defaultdict(dict)
    for arm, model, first, last, count in s.execute(_done(experiment_id, *columns, func.count()).group_by(*columns)):
        found[arm, model][first, last] = count
    return found


def _costs(s: Session, experiment_id: str) -> dict[_Arm, _Costs]:
    key = (_Cell.arm, _Cell.model)
    made = _Run.generated_tokens
    sums = (func.sum(made), func.sum(_Run.prompt_tokens), func.sum(_Run.calls), func.sum(_Run.seconds))
    more = (func.sum(made * made), func.sum(cast(_Run.oracle, Integer)))
    return {
        (arm, model): (Cost(int(made), int(read), int(calls), float(seconds)), float(squares), int(oracle))
        for arm, model, made, read, calls, seconds, squares, oracle in s.execute(
            _done(experiment_id, *key, *sums, *more).group_by(*key)
        )
    }


def _done(experiment_id: str, *columns: Any) -> Select[Any]:
    query = select(*columns).select_from(_Cell).join(_Run, _Run.id == _Cell.run_id)
    return query.where(_Cell.experiment_id == experiment_id, _Cell.state == "done")
