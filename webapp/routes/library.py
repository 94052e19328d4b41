"""The library over HTTP: lists for the Library page, whole sessions as files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from webapp.auth import person_of
from webapp.routes.answer import answer, refusal
from webapp.runs.services import Services

Text = Annotated[str, Query(max_length=1000)]
Offset = Annotated[int, Query(ge=0, lt=2**31)]
Limit = Annotated[int, Query(ge=1, le=200)]


def library_routes(services: Services) -> APIRouter:
    """Return the routes of stored sessions and runs."""
    router = APIRouter()

    @router.get("/api/library")
    async def runs(
        request: Request,
        text: Text = "",
        session: str | None = None,
        tag: str | None = None,
        deleted: bool = False,
        offset: Offset = 0,
        limit: Limit = 50,
    ) -> Response:
        """Return a page of runs, newest first: `{items, total}`."""
        page = await services.library.of(person_of(request)).search(
            text, session=session or None, tag=tag or None, deleted=deleted, offset=offset, limit=limit
        )
        return answer({"items": page.items, "total": page.total})

    @router.get("/api/library/sessions")
    async def sessions(
        request: Request, text: Text = "", deleted: bool = False, offset: Offset = 0, limit: Limit = 50
    ) -> Response:
        """Return a page of sessions, last changed first: `{items, total}`."""
        library = services.library.of(person_of(request))
        page = await library.sessions(text, deleted=deleted, offset=offset, limit=limit)
        return answer({"items": page.items, "total": page.total})

    @router.get("/api/sessions/{session_id}/export")
    async def export(request: Request, session_id: str) -> Response:
        """Return a whole session as a .stz file."""
        library = services.library.of(person_of(request))
        session = await library.session(session_id)
        if session is None:
            return refusal("There is no such session here; it may have been deleted.", 404)
        folder = tempfile.TemporaryDirectory(prefix="second-thoughts-")
        path = Path(folder.name) / "session.stz"
        await library.export_session(session_id, path)
        return FileResponse(
            path,
            media_type="application/octet-stream",
            filename=f"{file_name(session.name)}.stz",
            background=BackgroundTask(folder.cleanup),
        )

    return router


def file_name(name: str) -> str:
    """Return the part of a name that may stand in the name of a file."""
    kept = "".join(c if c.isalnum() or c in " -_" else " " for c in name)
    return "-".join(kept.split())[:60] or "session"
