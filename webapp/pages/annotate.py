"""The Annotate page: queues of traces, labelled by keyboard."""

from __future__ import annotations

from webapp.components.annotate_view import AnnotateView


def annotate_page() -> None:
    """Lay out the page, inside the Blocks that is open."""
    AnnotateView(elem_id="annotate-view")
