"""A key that presses a button.

Value: `{"within": element id, "press": element id}`.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class HotKey(ClientComponent):
    """Ctrl+Enter (Cmd+Enter) inside one element clicks a button; draws nothing."""

    client = "hot_key"

    def __init__(self, within: str, press: str, **options: Any) -> None:
        super().__init__({"within": within, "press": press}, visible="hidden", **options)
