"""The session of a tab: which ones can be picked, and naming a new one."""

from __future__ import annotations

from typing import Any

import gradio as gr

from storage.records import Session
from webapp.runs.library import Library
from webapp.runs.request import BadRequest

OFFERED = 50
LONGEST_NAME = 200


async def session_field(library: Library, chosen: str | None) -> Any:
    """Return the update of a session field: the newest that may be added to, and the chosen one among them."""
    page = await library.sessions(limit=OFFERED)
    choices = [(row.name, row.id) for row in page.items if library.may_add(row)]
    if chosen and chosen not in [key for _, key in choices]:
        session = await library.session(chosen)
        choices += [(session.name, session.id)] if session and not session.deleted_at else []
    known = chosen in [key for _, key in choices]
    return gr.update(choices=choices, value=chosen if known else None)


def checked_name(name: str | None) -> str:
    """Return a session's name without surrounding space.

    Raises:
        BadRequest: when it is too long.

    """
    text = (name or "").strip()
    if len(text) > LONGEST_NAME:
        raise BadRequest(f"A session's name may have {LONGEST_NAME} characters; shorten it.")
    return text


async def name_session(library: Library, run_id: str, known: Session | None, typed: str | None) -> str:
    """Return the session of a new run, under the name that was typed for it if the launch had to make it."""
    if known is not None:
        return known.id
    run = await library.run(run_id)
    if run is None:
        raise BadRequest("The run was deleted while it started.")
    if name := checked_name(typed):
        await library.rename_session(run.session_id, name)
    return run.session_id
