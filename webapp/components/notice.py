"""One sentence to the person: an error with what to do about it, or what was done.

Value: `{"kind": "error" | "info", "text": sentence}`; an empty text shows nothing. Errors are announced to screen
readers at once. A button closes it.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class Notice(ClientComponent):
    """A dismissable sentence."""

    client = "notice"
    styles = ("notice",)

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__({"kind": "info", "text": ""} if value is None else value, **options)
