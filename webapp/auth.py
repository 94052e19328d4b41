"""Who is asking: one local person, until logins exist."""

from __future__ import annotations

from storage.records import Person

LOCAL = Person("local", "You")


def person_of(request: object) -> Person:
    """Return the person behind a request of a page, a route or a socket."""
    return LOCAL
