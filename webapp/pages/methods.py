"""The Methods page: a card for every registered method, made from what the method says of itself."""

from __future__ import annotations

from webapp.components.methods_view import MethodsView


def methods_page() -> None:
    """Lay out the page, inside the Blocks that is open."""
    MethodsView(elem_id="methods-view")
