"""Two to four stored runs of one problem, aligned round by round.

Value: `{"runs": [run id, ...]}`; the first is the baseline that the others' texts are compared with.

Events:
    baseline_change: `{run}`, another column was made the baseline.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class CompareView(ClientComponent):
    """Answers, verdicts, P(True), entropy, cost and text differences, a row a round."""

    client = "compare_view"
    styles = ("compare_view", "head", "diff_view", "origin_spans", "scores")

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__({"runs": []} if value is None else value, **options)
