"""Many stored runs as the sides of a comparison: fetches `/api/comparison` and what is below it.

Value: `{"runs": [id, ...], "sessions": [id, ...], "experiment": id | null}`, one of them; all empty for nothing. What
is looked at (side, score, unit, filters) stands in the page's address, which the component keeps up to date.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent

NOTHING: dict[str, Any] = {"runs": [], "sessions": [], "experiment": None}


class ComparisonView(ClientComponent):
    """Accuracy, transitions, paired statistics, cost, signals, coverage, and the problems where sides differ."""

    client = "comparison_view"
    styles = ("evidence", "comparison_view")

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(NOTHING if value is None else value, **options)
