"""What people said about texts, as far as builders need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session as OrmSession

from storage.records import Generation
from webapp.export.training.material import Judged, Preferred


def judged_texts(s: OrmSession, texts: Sequence[Generation]) -> Mapping[str, Judged]:
    """Return what counts of the labels of texts, by their ids."""
    return {}


def preferred_texts(s: OrmSession, texts: Sequence[Generation]) -> tuple[Preferred, ...]:
    """Return the comparisons of two of these texts that people agree on."""
    return ()
