"""What earlier runs of the same method found on other problems: scores of the model's own, no reference in them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from storage.records import Run
from storage.repositories import runs as run_store
from storage.repositories import scores as score_store
from storage.repositories import sessions as session_store

MOST = 1000  # runs that are read, the newest


def earlier_scores(s: Session, run: Run, name: str) -> list[float]:
    """Return the known values of a score in the finished runs of a run's method and model on other problems.

    Only those count that the person may read to whom the run's session belongs.
    """
    session = session_store.get(s, run.session_id)
    if session is None:
        return []
    known = run_store.finished_of(s, run.method, MOST, person=session.person_id)
    alike = [each.id for each in known if _alike(each, run)]
    return [score.value for score in score_store.named(s, name, alike) if score.value is not None]


def _alike(other: Run, run: Run) -> bool:
    same_model = (other.model.id, other.model.revision) == (run.model.id, run.model.revision)
    return same_model and other.problem.id != run.problem.id
