"""The file of those who may log in: names, ids, hashed passwords, and the key that signs their tickets."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from storage.ids import is_id, new_id
from storage.records import Person
from webapp.auth import LOCAL
from webapp.auth.hashes import PATTERN, hashed

SHORTEST = 8  # characters of a password
LONGEST_NAME = 60


class PeopleError(Exception):
    """The file cannot be used or changed so, as a sentence."""


def _identifier(text: str) -> str:
    if not is_id(text):
        raise ValueError("an id has 1 to 64 letters, digits, dashes and underscores")
    return text


class Member(BaseModel):
    """One person who may log in; `password` is a hash."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, AfterValidator(_identifier)]
    name: str = Field(min_length=1, max_length=LONGEST_NAME)
    password: str = Field(pattern=PATTERN)

    @property
    def person(self) -> Person:
        """The person as sessions know them."""
        return Person(self.id, self.name)


class People(BaseModel):
    """Everybody who may log in; names are told apart without regard to case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(default_factory=lambda: secrets.token_hex(32), pattern="^[0-9a-f]{64}$")
    members: tuple[Member, ...] = ()

    def named(self, name: str) -> Member | None:
        """Return the member of a name, None when there is none."""
        wanted = _called(name)
        return next((each for each in self.members if each.name.casefold() == wanted.casefold()), None)

    def with_id(self, key: str) -> Member | None:
        """Return the member of an id, None when there is none."""
        return next((each for each in self.members if each.id == key), None)

    def adding(self, name: str, password: str, *, local: bool = False) -> People:
        """Return these people and another one; a `local` one goes on with the sessions made before anybody logged in.

        Raises:
            PeopleError: with a sentence, when the name is taken or the password too short.

        """
        called = _called(name)
        if not 1 <= len(called) <= LONGEST_NAME or not called.isprintable():
            raise PeopleError(f"A name has 1 to {LONGEST_NAME} printable characters.")
        if self.named(called) is not None:
            raise PeopleError(f"There is somebody called {called} already.")
        if local and self.with_id(LOCAL.id) is not None:
            raise PeopleError("Somebody goes on with the sessions made before log-ins already.")
        made = Member(id=LOCAL.id if local else new_id(), name=called, password=_hashed(password))
        return self.model_copy(update={"members": (*self.members, made)})

    def changing(self, name: str, password: str) -> People:
        """Return these people, one of them with another password; whoever is logged in as that one no longer is."""
        return self._replacing(name, _hashed(password))

    def without(self, name: str) -> People:
        """Return these people without one; what that one made stays in the database."""
        return self._replacing(name, None)

    def _replacing(self, name: str, password: str | None) -> People:
        member = self.named(name)
        if member is None:
            raise PeopleError(f"There is nobody called {_called(name)}.")
        changed = [] if password is None else [member.model_copy(update={"password": password})]
        kept = [[each] if each is not member else changed for each in self.members]
        return self.model_copy(update={"members": tuple(each for some in kept for each in some)})


def read_people(path: Path) -> People:
    """Return who may log in.

    Raises:
        PeopleError: with a sentence, when the file is not there or no such file.

    """
    try:
        people = People.model_validate_json(path.read_bytes())
    except OSError as error:
        raise PeopleError(f"{path} cannot be read: {os.strerror(error.errno or 0).lower()}.") from error
    except (ValidationError, ValueError) as error:
        raise PeopleError(f"{path} is no file of people, or it is damaged: {_first(error)}.") from error
    if len({each.id for each in people.members}) < len(people.members):
        raise PeopleError(f"{path} is damaged: two people have one id.")
    return people


def write_people(path: Path, people: People) -> None:
    """Replace the file in one step; only its owner may read it.

    Raises:
        PeopleError: with a sentence, when it cannot be written.

    """
    content = people.model_dump_json(indent=1).encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".people-")  # readable by its owner alone
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise PeopleError(f"{path} cannot be written: {os.strerror(error.errno or 0).lower()}.") from error


def _called(name: str) -> str:
    return " ".join(name.split())


def _hashed(password: str) -> str:
    if len(password) < SHORTEST:
        raise PeopleError(f"A password has at least {SHORTEST} characters.")
    return hashed(password)


def _first(error: ValueError) -> str:
    return str(error.errors()[0]["msg"]) if isinstance(error, ValidationError) else str(error)
