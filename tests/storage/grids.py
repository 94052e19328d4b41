"""Experiments with cells and the runs these became, for tests of what keeps them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from storage import tables
from storage.experiments import Cell, CellFilter, Experiment, Step
from storage.records import Cost, Outcome, RunStatus, VerdictValue
from storage.repositories import cell_totals, cell_work, cells, experiments, runs, sessions
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


def die(s: Session, of: Cell) -> None:
    """Launch a claimed cell, and leave its run as one of a process that is gone."""
    launch(s, of)
    end(s, of, status="interrupted")


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


def store_half_done(s: Session, count: int) -> None:
    """Store an experiment of so many cells, the first half of which are done."""
    store(s, count)
    claimed = step(s, count // 2).claimed
    ends = {"status": "finished", "outcome": making.run().outcome, "cost": Cost(100, 50, 2, 3.0)}
    queued = [
        making.queued(cell.run_id or "", problem=cell.problem, launch_id="l", started_at=NOON, finished_at=NOON)
        for cell in claimed
    ]
    runs.add_all(s, [replace(run, **ends, lease_owner=None, lease_until=None) for run in queued])
    step(s, 0)


def looks(count: int) -> dict[str, Callable[[Session], object]]:
    """Return what pages ask about an experiment of so many cells, by name."""
    return {
        "first page": lambda s: cells.page(s, "e1"),
        "last page": lambda s: cells.page(s, "e1", offset=count - 50),
        "by state": lambda s: cells.page(s, "e1", CellFilter(state="done"), offset=count // 5),
        "by outcome": lambda s: cells.page(s, "e1", CellFilter(outcome="incorrect>correct")),
        "by text": lambda s: cells.page(s, "e1", CellFilter(text="4321 cats")),
        "totals": lambda s: cell_totals.by_arm(s, "e1"),
        "list": lambda s: experiments.page(s, person="local"),
        "rate": lambda s: cells.lately(s, "e1", NOON, 100),
    }
