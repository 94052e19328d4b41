"""The errors whose text is a sentence for the person; a page shows it and changes nothing."""

from __future__ import annotations

from storage.database import DatabaseError
from webapp.runs.engines import ModelNotReady
from webapp.runs.request import BadRequest

REFUSALS: tuple[type[Exception], ...] = (BadRequest, ModelNotReady, DatabaseError)
