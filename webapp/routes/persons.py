"""Who is asking, over HTTP."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from webapp.auth import person_of
from webapp.routes.answer import answer
from webapp.runs.services import Services


def person_routes(services: Services) -> APIRouter:
    """Return the routes about people."""
    router = APIRouter()

    @router.get("/api/person")
    async def asking(request: Request) -> Response:
        """Return who asks, whether people log in here at all, and the session that this one works in by default."""
        person = person_of(request)
        return answer({
            "id": person.id,
            "name": person.name,
            "logins": services.settings.auth_file is not None,
            "default_session": await services.persons.default_session(person),
        })  # fmt: skip

    return router
