"""The first problems of a data set as they were read, before anything is made of them.

Value: `{"total": count, "problems": [{"question", "reference", "kind", "choices"}, ...]}`, all of it drawn as text;
without problems nothing is shown.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class ProblemPreview(ClientComponent):
    """A table of a few problems."""

    client = "problem_preview"
    styles = ("evidence", "problem_preview")

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__({"total": 0, "problems": []} if value is None else value, **options)
