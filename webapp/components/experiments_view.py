"""Experiments: their list, and of one its progress, results and cells. Polls `/api/experiments`.

Value: `{"open": id | null, "changed": any}`; a new value makes the component look again, and opens the experiment
named. Which one is open stands in the page's address (`?experiment=`), which the component keeps up to date.

Events (all ids are checked by the handler, whoever sends them):
    start, pause, cancel, retry, remove, restore: `{id}`.
    allow_loading: `{id, allowed}`, whether the model that answers may be replaced.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class ExperimentsView(ClientComponent):
    """The list of experiments beside the one that is open."""

    client = "experiments_view"
    styles = ("form", "library_view", "head", "evidence", "experiments_view")

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__({"open": None, "changed": 0} if value is None else value, **options)
