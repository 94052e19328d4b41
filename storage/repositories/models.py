"""Models as runs used them: stored once for equal content."""

from __future__ import annotations

from sqlalchemy.orm import Session

from storage import tables
from storage.records import ModelRecord
from storage.repositories.shared import content_key, insert_missing


def keep(s: Session, model: ModelRecord) -> str:
    """Store a model unless its like is there, and return the key of its content."""
    key = content_key(model)
    insert_missing(
        s,
        tables.Model,
        {
            "key": key,
            "model_id": model.id,
            "source": model.source,
            "revision": model.revision,
            "device": model.device,
            "dtype": model.dtype,
            "kernel": model.kernel,
            "tolerance": model.tolerance,
            "vocab_size": model.vocab_size,
            "context_length": model.context_length,
        },
    )
    return key


def record(row: tables.Model) -> ModelRecord:
    """Return the model that a row holds."""
    return ModelRecord(
        id=row.model_id,
        source=row.source,
        revision=row.revision,
        device=row.device,
        dtype=row.dtype,
        kernel=row.kernel,
        tolerance=row.tolerance,
        vocab_size=row.vocab_size,
        context_length=row.context_length,
    )
