"""Who may read and who may change what is stored: the one place that every service and route asks.

A session belongs to one person. Whoever has a right to it has the same right to its runs, their texts, scores and
annotations, and to its experiment. What one person may not read does not exist as far as that person is told.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session as OrmSession

from storage.repositories.access import Right, Thing, allowed, may, open_sessions
from webapp.runs.asking import Asking
from webapp.runs.request import BadRequest

__all__ = ["Access", "NoAccess", "Right", "Thing", "allowed", "may", "open_sessions", "require"]

NOT_HERE: Mapping[Thing, str] = {
    "session": "There is no such session here; it may have been deleted.",
    "run": "There is no such run here; it may have been deleted.",
    "text": "There is no such text here; its run may have been deleted.",
    "experiment": "There is no such experiment here; it may have been deleted.",
}
ONLY_READ = "This is shared with you to look at, not to change."
ONLY_OWNER = "Only the person who made this session may do that."


class NoAccess(BadRequest):
    """What was asked for is not there, or not for the person who asked; the sentence does not tell which."""


def require(s: OrmSession, thing: Thing, key: str, person: str, right: Right = "read") -> None:
    """Check, in the transaction that reads or changes a thing, that a person may.

    Args:
        s: the transaction.
        thing: what `key` is the id of.
        key: the id, which need not exist.
        person: the id of whoever asks.
        right: "read", "write" (the content: runs, names, notes, tags), or "own" (the session itself: delete, share).

    Raises:
        NoAccess: with the same sentence for what does not exist and for what the person may not read.

    """
    if may(s, thing, key, person, right):
        return
    if right == "read" or not may(s, thing, key, person):
        raise NoAccess(NOT_HERE[thing])
    raise NoAccess(ONLY_OWNER if right == "own" and may(s, thing, key, person, "write") else ONLY_READ)


class Access(Asking):
    """Asks the database on behalf of routes and pages."""

    async def require(self, thing: Thing, key: str, person: str, right: Right = "read") -> None:
        """Check that a person may do something with a thing.

        Raises:
            NoAccess: with a sentence, see `require`.
            BadRequest: when the database cannot be used.

        """
        await self._read(lambda s: require(s, thing, key, person, right))

    async def may(self, thing: Thing, key: str, person: str, right: Right = "read") -> bool:
        """Say whether a person may do something with a thing.

        Raises:
            BadRequest: when the database cannot be used.

        """
        return await self._read(lambda s: may(s, thing, key, person, right))
