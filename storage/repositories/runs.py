"""Runs: from queued to their end, their leases, and what a person writes about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from storage import tables
from storage.records import LIVE_STATUSES, Cost, Run, RunStatus, StoredRun
from storage.repositories import generations, models, problems, scores
from storage.repositories.access import open_sessions
from storage.repositories.run_rows import put_cost, put_progress, refold, run_record, run_row
from storage.repositories.shared import in_pieces, insert_missing, put_tags, row_of, tag_rows, tags_of, touch

LEFT_BEHIND = "The program ended while this run was at work; what it had written is kept."


def add(s: Session, run: Run) -> None:
    """Store a new run as it is, with its launch, its problem and its model."""
    add_all(s, [run])


def add_all(s: Session, new: Sequence[Run]) -> None:
    """Store new runs as they are; what they share is looked at once."""
    launches = {run.launch_id: run for run in reversed(new)}  # of each, the first run
    rows = ({"id": id, "session_id": run.session_id, "created_at": run.created_at} for id, run in launches.items())
    insert_missing(s, tables.Launch, *rows)
    asked = problems.keep_all(s, {run.problem for run in new})
    used = {model: models.keep(s, model) for model in {run.model for run in new}}
    s.add_all(run_row(run, asked[run.problem], used[run.model]) for run in new)
    s.flush()
    s.add_all(row for run in new for row in tag_rows(tables.RunTag, run.id, run.tags))
    s.flush()
    for session, moment in {run.session_id: run.created_at for run in sorted(new, key=_age)}.items():
        touch(s, session, max(moment, row_of(s, tables.Session, session).updated_at))


def get(s: Session, run_id: str) -> Run | None:
    """Return a run, also a deleted one; None when there is none."""
    found = _records(s, tables.Run.id == run_id)
    return found[0] if found else None


def of_session(s: Session, session_id: str) -> list[Run]:
    """Return the runs of a session that are not deleted, in the order in which they were launched."""
    return _records(s, tables.Run.session_id == session_id, tables.Run.deleted_at.is_(None))


def finished(s: Session, problem_id: str, method: str, *, person: str) -> list[Run]:
    """Return the finished runs of a method on a problem that are not deleted and open to a person, newest first."""
    of = (tables.Problem.problem_id == problem_id, tables.Run.method == method, tables.Run.status == "finished")
    kept = open_sessions(person).where(tables.Session.deleted_at.is_(None))
    return _records(s, *of, tables.Run.deleted_at.is_(None), tables.Run.session_id.in_(kept))[::-1]


def finished_of(s: Session, method: str, limit: int, *, person: str) -> list[Run]:
    """Return the newest finished runs of a method that are not deleted and open to a person, newest first."""
    kept = open_sessions(person).where(tables.Session.deleted_at.is_(None))
    of = (tables.Run.method == method, tables.Run.status == "finished", tables.Run.deleted_at.is_(None))
    last = select(tables.Run.id).where(*of, tables.Run.session_id.in_(kept))
    ids = s.scalars(last.order_by(tables.Run.created_at.desc(), tables.Run.id.desc()).limit(limit)).all()
    return [run for piece in in_pieces(ids) for run in _records(s, tables.Run.id.in_(piece))[::-1]]


def newest(s: Session, method: str, *, person: str) -> Run | None:
    """Return the newest such run, None when there is none."""
    return next(iter(finished_of(s, method, 1, person=person)), None)


def load(s: Session, run_id: str) -> StoredRun | None:
    """Return a run with everything below it, None when there is none."""
    run = get(s, run_id)
    if run is None:
        return None
    texts = generations.of_run(s, run_id)
    traces = generations.traces(s, [generation.id for generation in texts])
    return StoredRun(run, tuple(texts), tuple(scores.of_run(s, run_id)), traces)


def set_status(s: Session, run_id: str, status: RunStatus, started_at: datetime | None = None) -> None:
    """Say where a run stands, and when it started if it just did."""
    row = row_of(s, tables.Run, run_id)
    row.status = status
    row.started_at = started_at or row.started_at


def finish(s: Session, run: Run) -> None:
    """Store how a run ended (status, error, outcome, cost, times) and give up its lease.

    What a person wrote about it meanwhile (name, notes, tags) stays.
    """
    row = row_of(s, tables.Run, run.id)
    put_progress(row, run)
    row.lease_owner = row.lease_until = None
    touch(s, row.session_id, datetime.now(UTC))


def renew_lease(s: Session, ids: Iterable[str], owner: str, until: datetime) -> int:
    """Put off the end of the leases that an owner holds on live runs, and return how many these are."""
    held = (tables.Run.lease_owner == owner, tables.Run.status.in_(LIVE_STATUSES))
    renew = update(tables.Run).where(*held).values(lease_until=until).returning(tables.Run.id)
    return sum(len(s.scalars(renew.where(tables.Run.id.in_(piece))).all()) for piece in in_pieces(list(ids)))


def interrupt_expired(s: Session, now: datetime) -> list[str]:
    """Mark live runs whose lease has run out as interrupted, and return their ids.

    Their unfinished texts keep what was stored of them and end with "interrupted"; their cost is that of their
    texts.
    """
    expired = or_(tables.Run.lease_until.is_(None), tables.Run.lease_until < now)
    query = select(tables.Run).where(tables.Run.status.in_(LIVE_STATUSES), expired).order_by(tables.Run.id)
    rows = list(s.scalars(query.with_for_update()))
    ids = [row.id for row in rows]
    generations.interrupt(s, ids)
    costs = cost_of_texts(s, ids)
    for row in rows:
        row.status, row.error = "interrupted", LEFT_BEHIND
        row.finished_at, row.lease_owner, row.lease_until = row.lease_until or now, None, None
        put_cost(row, costs.get(row.id, Cost()))
    return ids


def cost_of_texts(s: Session, ids: Sequence[str]) -> dict[str, Cost]:
    """Return what the texts of runs cost together; seconds are when the last of them ended."""
    row = tables.Generation
    sums = (func.sum(row.generated_tokens), func.sum(row.prompt_tokens), func.sum(row.calls))
    query = select(row.run_id, *sums, func.max(row.started + row.seconds)).group_by(row.run_id)
    return {
        run_id: Cost(int(generated), int(prompt), int(calls), float(seconds))
        for piece in in_pieces(ids)
        for run_id, generated, prompt, calls, seconds in s.execute(query.where(row.run_id.in_(piece)))
    }


def rename(s: Session, run_id: str, name: str) -> None:
    """Give a run a name; an empty one takes it away."""
    row = _changed(s, run_id)
    row.name = name
    refold(row)


def set_notes(s: Session, run_id: str, notes: str) -> None:
    """Replace a run's notes."""
    row = _changed(s, run_id)
    row.notes = notes
    refold(row)


def set_tags(s: Session, run_id: str, tags: Sequence[str]) -> None:
    """Replace a run's tags."""
    _changed(s, run_id)
    put_tags(s, tables.RunTag, run_id, tags)


def delete(s: Session, run_id: str) -> None:
    """Put a run away; `restore` brings it back."""
    row_of(s, tables.Run, run_id).deleted_at = datetime.now(UTC)


def restore(s: Session, run_id: str) -> None:
    """Bring back a deleted run."""
    row_of(s, tables.Run, run_id).deleted_at = None


def _age(run: Run) -> datetime:
    return run.created_at


def _changed(s: Session, run_id: str) -> tables.Run:
    row = row_of(s, tables.Run, run_id)
    touch(s, row.session_id, datetime.now(UTC))
    return row


def _records(s: Session, *conditions: object) -> list[Run]:
    query = (
        select(tables.Run, tables.Problem, tables.Model)
        .join(tables.Problem, tables.Problem.key == tables.Run.problem_key)
        .join(tables.Model, tables.Model.key == tables.Run.model_key)
        .where(*conditions)  # type: ignore[arg-type]
        .order_by(tables.Run.created_at, tables.Run.launch_id, tables.Run.column, tables.Run.id)
    )
    rows = s.execute(query).all()
    tags = tags_of(s, tables.RunTag, [row.id for row, _, _ in rows])
    return [
        run_record(row, problems.record(problem), models.record(model), tags[row.id]) for row, problem, model in rows
    ]
