"""Model servers over HTTP: which models one has, and using one of them. A key goes in and never comes out."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, SecretStr
from starlette.responses import Response

from webapp.models import ModelError, listed_models
from webapp.routes.answer import answer
from webapp.routes.body import body_of
from webapp.runs.request import BadRequest
from webapp.runs.services import Services


class ServerRequest(BaseModel):
    """A server's address, and its key where it wants one; without a key, the one given before is used."""

    address: str = Field(max_length=2000)
    key: SecretStr = Field(SecretStr(""), max_length=4000)
    model: str = Field("", max_length=500)

    @property
    def ref(self) -> str:
        """The model as a reference."""
        return f"{self.address.strip().partition('#')[0]}#{self.model}" if self.model else self.address


def server_routes(services: Services) -> APIRouter:
    """Return the routes of model servers."""
    router = APIRouter(prefix="/api/servers")

    async def asked(request: Request) -> ServerRequest:
        wanted, keys = await body_of(request, ServerRequest), services.hub.keys
        try:
            if wanted.key.get_secret_value():
                keys.keep(wanted.ref, wanted.key)
            keys.of(wanted.ref)
        except ModelError as error:
            raise BadRequest(str(error)) from None
        return wanted

    @router.post("/models")
    async def models(request: Request) -> Response:
        """Return the names of a server's models."""
        wanted = await asked(request)
        try:
            return answer({"models": await asyncio.to_thread(listed_models, wanted.ref, services.hub.keys)})
        except ModelError as error:
            raise BadRequest(str(error)) from None

    @router.post("/use")
    async def use(request: Request) -> Response:
        """Begin to use a model of a server."""
        wanted = await asked(request)
        services.hub.start(wanted.ref)
        return answer({"status": services.hub.status()})

    return router
