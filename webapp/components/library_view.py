"""Sessions and runs, newest first, with search and paging: fetches `/api/library` and `/api/person`.

Value: `{"session": id | null, "changed": any}`; a new value makes the lists load again.

Events (all ids are checked by the handler, whoever sends them):
    rename: `{kind, id, name}`; set_notes: `{kind, id, notes}`; set_tags: `{kind, id, tags}`, kind "run" or "session".
    delete: `{kind, id}`; restore: `{kind, id}` (undo).
    open_session: `{id}`, a session was picked as the list's filter.
    set_sharing: `{id, sharing}`, "private", "read" or "write"; set_default: `{id, chosen}`, to work in it by default.
"""

from __future__ import annotations

from typing import Any

from webapp.components.client import ClientComponent


class LibraryView(ClientComponent):
    """The lists of the Library page."""

    client = "library_view"
    styles = ("form", "library_view")

    def __init__(self, value: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__({"session": None, "changed": 0} if value is None else value, **options)
