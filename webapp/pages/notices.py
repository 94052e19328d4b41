"""What a page says to the person: one sentence, in the notice above the results."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from webapp.components.notice import Notice
from webapp.runs.request import BadRequest

Updates: TypeAlias = dict[Any, Any]
Handler: TypeAlias = Callable[..., Awaitable[Updates]]
NOTHING = {"kind": "info", "text": ""}


def error(text: str) -> dict[str, str]:
    """Return the notice of something that was refused, and what to do about it."""
    return {"kind": "error", "text": text}


def info(text: str) -> dict[str, str]:
    """Return the notice of something that was done."""
    return {"kind": "info", "text": text}


def guarded(notice: Notice, handler: Handler) -> Handler:
    """Turn a handler's refusal into the notice's sentence, changing nothing else; success clears the notice."""

    @functools.wraps(handler)
    async def answer(*values: Any) -> Updates:
        try:
            updates = await handler(*values)
        except BadRequest as refusal:
            return {notice: error(str(refusal))}
        return {notice: NOTHING} | updates

    return answer
