"""People as pages know them: who is there, and in which session each works by default."""

from __future__ import annotations

from sqlalchemy.orm import Session as OrmSession

from storage.records import Person
from storage.repositories import persons as person_store
from webapp.runs.access import require
from webapp.runs.asking import Asking


class Persons(Asking):
    """Reads and changes what is kept of people; every method raises BadRequest where the database cannot be used."""

    async def welcome(self, *people: Person) -> None:
        """Keep people, so that sessions can be theirs."""
        await self._write(lambda s: person_store.keep(s, *people))

    async def default_session(self, person: Person) -> str | None:
        """Return the session in which a person works by default, None where there is none (any more)."""
        return await self._read(lambda s: person_store.default_session(s, person.id))

    async def set_default_session(self, person: Person, session_id: str | None) -> None:
        """Let a person work in a session by default, or in none."""
        await self._write(lambda s: self._set(s, person, session_id))

    @staticmethod
    def _set(s: OrmSession, person: Person, session_id: str | None) -> None:
        if session_id is not None:
            require(s, "session", session_id, person.id, "write")
        person_store.set_default_session(s, person.id, session_id)
