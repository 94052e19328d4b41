"""Annotation: queues and their forms, the labelling desk, agreement, disagreements. Speaks to `/api/annotation`.

Value: none. Where one is stands in the page's address (`?queue=`, `as=` the annotator, `part=`, `item=`), which the
component keeps up to date; what is labelled is kept by the routes at every change.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class AnnotateView(ClientComponent):
    """The whole of the Annotate page."""

    client = "annotate_view"
    styles = ("form", "library_view", "head", "evidence", "token_view", "diff_view", "annotate_view", "annotate_desk")

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__({} if value is None else value, **options)
