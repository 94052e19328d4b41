"""The recorded examples that a fresh database offers."""

from __future__ import annotations

from webapp.runs.library import Library
from webapp.runs.recorded import ARCHIVE
from webapp.runs.request import BadRequest


async def offered(library: Library) -> bool:
    """Return whether to offer them: they are there, and nothing is stored yet."""
    return ARCHIVE.is_file() and (await library.sessions(limit=1)).total == 0


async def load(library: Library) -> str:
    """Import the examples and return their session's id.

    Raises:
        BadRequest: when this copy of the program has none.

    """
    if not ARCHIVE.is_file():
        raise BadRequest(f"There are no recorded examples: {ARCHIVE.name} is missing from the program's folder.")
    return await library.import_session(ARCHIVE)
