"""Experiments with cells and the runs these became, for tests of what keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from storage import tables
from storage.experiments import Cell, Experiment, Step
from storage.records import Cost, Outcome, RunStatus, VerdictValue
from storage.repositories import cell_work, cells, experiments, runs, sessions
from storage.repositories.cell_work import News, Worker
from tests.storage import making
from tests.storage.making import NOON

LEASE = timedelta(seconds=15)


def experiment(id: str = "e1", **changes: Any) -> Experiment:
    return replace(Experiment(id, "local", "s1", "A grid", {"name": "A grid"}, NOON, "running"), **changes)


def cell(position: int, **changes: Any) -> Cell:
    problem = replace(making.PROBLEM, id=f"p{position // 2}", question=f"How many legs have {position // 2} cats?")
    arm = position % 2
    return replace(Cell("e1", position, arm, ("one", "two")[arm], "embedded", problem, 7), **changes)


def store(s: Session, count: int = 4, **changes: Any) -> None:
    """Store a session with an experiment of so many cells: two arms, a problem more for every two cells."""
    sessions.create(s, making.session())
    experiments.create(s, experiment(**changes))
    cells.add_all(s, [cell(position) for position in range(count)])


def step(
    s: Session,
    room: int = 10,
    *,
    owner: str = "me",
    model: str | None = "embedded",
    news: News | None = None,
    now: datetime = NOON,
    of: str = "e1",
) -> Step:
    """Take a step at a time, with a claim that holds fifteen seconds from then."""
    return cell_work.step(s, of, Worker(owner, now + LEASE, model), room, news or News(), now)


def launch(s: Session, of: Cell) -> None:
    """Store the run of a claimed cell as a program does: queued."""
    assert of.run_id is not None
    runs.add(s, making.queued(of.run_id, problem=of.problem, method=of.method, launch_id=of.run_id, seed=of.seed))


def end(
    s: Session,
    of: Cell,
    status: RunStatus = "finished",
    first: VerdictValue = "incorrect",
    last: VerdictValue = "correct",
    tokens: int = 100,
    **changes: Any,
) -> None:
    """Store the end of a launched cell's run."""
    run = runs.get(s, of.run_id or "")
    assert run is not None
    outcome = Outcome("12", last, "10", first)
    fields = {"started_at": NOON, "finished_at": NOON + timedelta(seconds=30)} | changes
    runs.finish(s, replace(run, status=status, outcome=outcome, cost=Cost(tokens, 50, 2, 3.0), **fields))


def finish(s: Session, of: Cell, **how: Any) -> None:
    """Launch a claimed cell and end its run."""
    launch(s, of)
    end(s, of, **how)


def states(s: Session, experiment_id: str = "e1") -> list[str]:
    """Return the states of the cells in order."""
    return [row.state for row in cells.page(s, experiment_id, limit=100_000).items]


def put(s: Session, position: int, **values: Any) -> None:
    """Change columns of a cell."""
    s.execute(update(tables.Cell).where(tables.Cell.position == position).values(**values))
