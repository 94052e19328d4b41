"""Bodies of requests: read under a limit, checked against a model, refused with a sentence."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from webapp.runs.request import BadRequest

LARGEST = 4 * 2**20  # bytes

Model = TypeVar("Model", bound=BaseModel)


async def body_of(request: Request, model: type[Model]) -> Model:
    """Return what a request says.

    Raises:
        BadRequest: naming the first field that is wrong, or the size if it is too large.

    """
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > LARGEST:
            raise BadRequest(f"That is more than the {LARGEST // 2**20} MB that can be taken at once.")
    try:
        return model.model_validate_json(bytes(content))
    except ValidationError as error:
        raise BadRequest(_complaint(error)) from None


def _complaint(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}." if where else f"The request cannot be read: {message}."
