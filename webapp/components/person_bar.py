"""Who is logged in, with the way out; nothing where nobody logs in.

Fetches `/api/person`; has no value and no events.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class PersonBar(ClientComponent):
    """One line at the head of a page."""

    client = "person_bar"
    styles = ("person_bar",)

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__({} if value is None else value, **options)
