"""The page's own address: says in the URL what the page shows; going back or forward triggers the event `moved`.

Value: `{"runs": [run id, ...], "session": id | null, "replace": bool}`, written as `?run=` or `?runs=` and
`?session=`; with `replace` the history gets no new entry. `{"sessions": [id, ...]}` beside them is written as
`?sessions=`.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class Address(ClientComponent):
    """Keeps the URL as its value says; draws nothing."""

    client = "address"

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__({"runs": [], "session": None} if value is None else value, visible="hidden", **options)
