"""Records as JSON answers."""

from __future__ import annotations

from pydantic_core import to_json
from starlette.responses import Response


def answer(value: object, status: int = 200) -> Response:
    """Return any record, list or mapping of them as JSON; what is not finite becomes null."""
    body = to_json(value, inf_nan_mode="null")
    return Response(body, status, media_type="application/json", headers={"cache-control": "no-store"})


def refusal(sentence: str, status: int) -> Response:
    """Return a sentence that says why not."""
    return answer({"error": sentence}, status)
