"""What earlier runs of the same method found on other problems: scores of the model's own, no reference in them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from storage.records import Run
from storage.repositories import runs as run_store
from storage.repositories import scores as score_store

MOST = 1000  # runs that are read, the newest


def earlier_scores(s: Session, run: Run, name: str) -> list[float]:
    """Return the known values of a score in the finished runs of a run's method and model on other problems."""
    alike = [each.id for each in run_store.finished_of(s, run.method, MOST) if _alike(each, run)]
    return [score.value for score in score_store.named(s, name, alike) if score.value is not None]


def _alike(other: Run, run: Run) -> bool:
    same_model = (other.model.id, other.model.revision) == (run.model.id, run.model.revision)
    return same_model and other.problem.id != run.problem.id
