"""Stored runs as training data: choose, look at what comes of it, download; fetches `/api/training`.

Value: `{"session": id | null, "changed": any}`: the session that is chosen at first.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class TrainingForm(ClientComponent):
    """The part of a page that exports for training."""

    client = "training_form"
    styles = ("form", "training_form")

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__({"session": None, "changed": 0} if value is None else value, **options)
