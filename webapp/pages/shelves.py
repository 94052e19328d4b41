"""What can be done with stored runs and sessions alike, so that one handler serves both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import gradio as gr

from storage.records import Run, Session
from webapp.pages.forged import identifier
from webapp.runs.library import Library
from webapp.runs.request import BadRequest


@dataclass(frozen=True, slots=True)
class Shelf:
    """The changes to one kind of stored thing, each by its id."""

    get: Callable[[str], Awaitable[Run | Session | None]]
    rename: Callable[[str, str], Awaitable[None]]
    set_notes: Callable[[str, str], Awaitable[None]]
    set_tags: Callable[[str, Sequence[str]], Awaitable[None]]
    delete: Callable[[str], Awaitable[None]]
    restore: Callable[[str], Awaitable[None]]


class Shelves:
    """Finds what an event is about, and refuses what does not exist for whoever asks."""

    def __init__(self, library: Library) -> None:
        self._kinds = {
            "run": Shelf(
                library.run, library.rename_run, library.set_run_notes, library.set_run_tags,
                library.delete_run, library.restore_run,
            ),
            "session": Shelf(
                library.session, library.rename_session, library.set_session_notes, library.set_session_tags,
                library.delete_session, library.restore_session,
            ),
        }  # fmt: skip

    async def find(self, event: gr.EventData) -> tuple[Shelf, str, str]:
        """Return the shelf, the kind and the id that an event names.

        Raises:
            BadRequest: when there is no such thing.

        """
        kind, key = identifier(event, "kind"), identifier(event, "id")
        shelf = self._kinds.get(kind)
        if shelf is None or await shelf.get(key) is None:
            raise BadRequest(f"That {kind if shelf else 'item'} cannot be found here. Reload the page.")
        return shelf, kind, key
