"""The samples of an earlier run that a run begins with, and what cannot be done with some of them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from storage.records import Generation, Run
from storage.repositories import runs as run_store
from storage.trace import TokenTrace

NO_TOKENS = (
    "The tokens of these samples are not known, so nothing can be made of them. Take others, or have them drawn anew."
)
OTHER_TOKENS = (
    "Another model wrote these samples: its tokens mean nothing to the one that answers now, which cannot go on from "
    "them. Switch to that model, or have them drawn anew."
)


class Input(NamedTuple):
    """A text of an earlier run with its tokens, if they are known, and whether the model that answers wrote them."""

    generation: Generation
    trace: TokenTrace | None
    own: bool


def drew(s: Session, run: Run) -> Run | None:
    """Return the run that drew a run's samples, however often they were taken over; None where it is gone."""
    passed: set[str] = set()
    source: Run | None = run
    while source is not None and source.input_run is not None:
        if source.id in passed:  # an imported file may hold anything
            return None
        passed.add(source.id)
        source = run_store.get(s, source.input_run)
    return source
