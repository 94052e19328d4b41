"""Work on the cells of an experiment: one step settles what has ended and claims what is next, all or nothing.

A claim fixes the id of the run before the run is made. So a process that is killed between any two commits leaves
nothing behind that another one cannot tell: the run of an expired claim is there and has ended, or was never made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from storage import tables
from storage.errors import ClaimLost
from storage.experiments import WORKING, Cell, CellState, ExperimentStatus, Step
from storage.ids import new_id
from storage.records import LIVE_STATUSES, Cost
from storage.repositories import cells
from storage.repositories.experiments import row_of
from storage.repositories.run_rows import cost_record

MOST_ATTEMPTS = 10  # a machine may be switched off often enough; a cell that ends its program does so each time
AWAY = "Its session was deleted. Restore the session in the Library, then resume."
DELETED = "It was deleted."
STOPPED = "The run was stopped by hand."
KILLS = f"The program ended {MOST_ATTEMPTS} times while this cell was at work."

_Cell, _Run, _Problem = tables.Cell, tables.Run, tables.Problem


@dataclass(frozen=True, slots=True)
class Worker:
    """Who takes a step: a process, how long its claims hold without another step, and the model that answers it."""

    owner: str
    until: datetime
    model: str | None


@dataclass(frozen=True, slots=True)
class News:
    """What a worker tells of its own cells, by position.

    `refused` could not become runs, for the reason given; `back` were claimed but are to be done again, and the runs
    they had are void. `busy` are still in its hands: whatever their records say, it has yet to tell how they ended.
    """

    refused: Mapping[int, str] = field(default_factory=dict)
    back: Set[int] = frozenset()
    busy: Set[int] = frozenset()


def step(s: Session, experiment_id: str, worker: Worker, room: int, news: News, now: datetime) -> Step:
    """Take one step of work on an experiment.

    The worker's own cells whose runs have ended are settled, and those of workers whose claims ran out. While the
    experiment is worked on, up to `room` waiting cells of the worker's model are claimed (of a probe, only those
    chosen for it); without any cell left it is finished. An experiment that is not worked on only has cells settled.
    """
    experiment = row_of(s, experiment_id)
    experiment.lease_until = worker.until
    _pause_if_away(s, experiment)
    spent = _settle(s, experiment, worker, news, now)
    _renew(s, experiment_id, worker)
    goes_on = experiment.status in WORKING and room > 0
    claimed = _claim(s, experiment, worker, room, now) if goes_on else []
    base = Step(
        status=experiment.status,  # type: ignore[arg-type]  # only literals of that type are ever stored
        since=experiment.working_since or experiment.created_at,
        load_models=experiment.load_models,
        claimed=tuple(claimed),
        spent=spent,
    )
    return base if len(claimed) == room > 0 else _counted(s, experiment, worker, base, now)


def confirm(s: Session, run_id: str) -> None:
    """See that a run about to be made is still the one that a cell was claimed for.

    Raises:
        ClaimLost: when it is not; made all the same, it would be nobody's.

    """
    if s.scalar(select(_Cell.position).where(_Cell.run_id == run_id)) is None:
        raise ClaimLost("Another program has taken up this cell meanwhile.")


def requeue(s: Session, experiment_id: str, states: Iterable[CellState]) -> int:
    """Let cells in some states wait again as if they had never been begun, and return how many these are."""
    of = (_Cell.experiment_id == experiment_id, _Cell.state.in_(tuple(states)))
    again = {"state": "waiting", "error": "", "attempts": 0, "ended_at": None}
    return len(s.execute(update(_Cell).where(*of).values(again).returning(_Cell.position)).all())


def call_off(s: Session, experiment_id: str) -> None:
    """Take the cells that wait out of the grid; those at work are settled when their runs have ended."""
    of = (_Cell.experiment_id == experiment_id, _Cell.state == "waiting")
    s.execute(update(_Cell).where(*of).values(state="cancelled"))


def fail_waiting(s: Session, experiment_id: str, model: str, error: str) -> None:
    """Say why the waiting cells of a model cannot be done."""
    of = (_Cell.experiment_id == experiment_id, _Cell.state == "waiting", _Cell.model == model)
    s.execute(update(_Cell).where(*of).values(state="failed", error=error))


def _pause_if_away(s: Session, experiment: tables.Experiment) -> None:
    session = s.get_one(tables.Session, experiment.session_id)
    away = AWAY if session.deleted_at is not None else DELETED if experiment.deleted_at is not None else ""
    if away and experiment.status in WORKING:
        experiment.status, experiment.note = "paused", away


def _settle(s: Session, experiment: tables.Experiment, worker: Worker, news: News, now: datetime) -> Cost:
    spent = Cost()
    for cell, run in _unsettled(s, experiment.id, worker, news, now):
        own = cell.lease_owner == worker.owner
        if run is not None:
            spent += cost_record(run)
        if own and cell.position in news.refused:
            _end(cell, "failed", news.refused[cell.position], now)
        elif own and cell.position in news.back:
            _again(cell, experiment)
        elif run is not None and run.status == "finished":
            _end(cell, "done", "", run.finished_at or now)
        elif run is not None and run.status == "failed":
            _end(cell, "failed", run.error, now)
        elif run is not None and run.status == "cancelled":
            called_off = experiment.status == "cancelled"
            _end(cell, "cancelled" if called_off else "failed", "" if called_off else STOPPED, now)
        elif cell.attempts >= MOST_ATTEMPTS and not own:
            _end(cell, "failed", KILLS, now)
        else:  # nothing came of it: its process is gone, or stopped it in order
            _again(cell, experiment)
    s.flush()
    return spent


def _unsettled(
    s: Session, experiment_id: str, worker: Worker, news: News, now: datetime
) -> list[tuple[tables.Cell, tables.Run | None]]:
    """Return the cells at work that are so no longer, each with its run if that was ever stored."""
    told = _Cell.position.in_({*news.refused, *news.back})
    ended = _Run.status.not_in(LIVE_STATUSES)
    own = (_Cell.lease_owner == worker.owner) & or_(ended, told) & _Cell.position.not_in(news.busy)
    # A run that is alive has a process, whose claims could not be renewed: only its own lease tells that it is gone.
    dead = _Run.id.is_(None) | ended
    lost = (_Cell.lease_owner != worker.owner) & (_Cell.lease_until < now) & dead
    query = select(_Cell, _Run).outerjoin(_Run, _Run.id == _Cell.run_id)
    query = query.where(_Cell.experiment_id == experiment_id, _Cell.state == "running", or_(own, lost))
    rows = s.execute(query.order_by(_Cell.position).with_for_update(of=_Cell))
    return [(cell, run) for cell, run in rows]


def _end(cell: tables.Cell, state: CellState, error: str, when: datetime) -> None:
    cell.state, cell.error, cell.ended_at = state, error, when
    cell.lease_owner = cell.lease_until = None


def _again(cell: tables.Cell, experiment: tables.Experiment) -> None:
    cell.state = "cancelled" if experiment.status == "cancelled" else "waiting"
    cell.lease_owner = cell.lease_until = None


def _renew(s: Session, experiment_id: str, worker: Worker) -> None:
    of = (_Cell.experiment_id == experiment_id, _Cell.state == "running", _Cell.lease_owner == worker.owner)
    s.execute(update(_Cell).where(*of).values(lease_until=worker.until))


def _claim(s: Session, experiment: tables.Experiment, worker: Worker, room: int, now: datetime) -> list[Cell]:
    of = [_Cell.experiment_id == experiment.id, _Cell.state == "waiting", _Cell.model == worker.model]
    if experiment.status == "probing":
        of.append(_Cell.probe.is_(True))
    query = select(_Cell, _Problem).join(_Problem, _Problem.key == _Cell.problem_key).where(*of)
    found = s.execute(query.order_by(_Cell.position).limit(room).with_for_update(of=_Cell, skip_locked=True)).all()
    _put_away(s, [cell.run_id for cell, _ in found if cell.run_id is not None], now)
    for cell, _ in found:
        cell.state, cell.run_id, cell.error = "running", new_id(), ""
        cell.attempts += 1
        cell.lease_owner, cell.lease_until = worker.owner, worker.until
    s.flush()
    return [cells.record(cell, problem) for cell, problem in found]


def _put_away(s: Session, runs: Sequence[str], now: datetime) -> None:
    """Delete the runs of earlier attempts, as a person would: they can be brought back."""
    if runs:
        s.execute(update(_Run).where(_Run.id.in_(runs), _Run.deleted_at.is_(None)).values(deleted_at=now))


def _counted(s: Session, experiment: tables.Experiment, worker: Worker, found: Step, now: datetime) -> Step:
    waits = select(_Cell.model, func.count()).where(_Cell.experiment_id == experiment.id, _Cell.state == "waiting")
    if experiment.status == "probing":
        waits = waits.where(_Cell.probe.is_(True))
    models: dict[str | None, int] = {model: count for model, count in s.execute(waits.group_by(_Cell.model))}
    busy = select(func.count()).where(_Cell.experiment_id == experiment.id, _Cell.state == "running")
    running = s.scalar(busy) or 0
    if experiment.status in WORKING and not models and not running:
        _finish(s, experiment, now)
    here = models.pop(worker.model, 0)
    others = {model: count for model, count in models.items() if model is not None}
    status: ExperimentStatus = experiment.status  # type: ignore[assignment]  # only literals of that type are stored
    return replace(found, status=status, here=here, elsewhere=others, running=running)


def _called_off(s: Session, experiment_id: str) -> bool:
    of = (_Cell.experiment_id == experiment_id, _Cell.state == "cancelled")
    return bool(s.scalar(select(select(_Cell.position).where(*of).exists())))


def _finish(s: Session, experiment: tables.Experiment, now: datetime) -> None:
    """End what is complete: a probe goes back to being a draft, with an estimate to decide on.

    What only its failed cells were done again of stays cancelled, so that those called off can still be started.
    """
    experiment.note = ""
    if experiment.status == "probing":
        experiment.status = "draft"
    elif _called_off(s, experiment.id):
        experiment.status = "cancelled"
    else:
        experiment.status, experiment.finished_at = "finished", now
