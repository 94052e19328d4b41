"""All methods as cards, made from `/api/methods`, each with a picture of its calls from `/api/methods/{name}/calls`.

Value: none. The fragment of the page's address (`/methods#rci`) says which card is scrolled to.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class MethodsView(ClientComponent):
    """The catalogue of methods."""

    client = "methods_view"
    styles = ("form", "methods_view")

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__({} if value is None else value, **options)
