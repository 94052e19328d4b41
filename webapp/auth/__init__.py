"""Who is asking: whoever logged in, or the one local person of a program that asks for no log-in."""

from __future__ import annotations

from typing import Any

from storage.records import Person

LOCAL = Person("local", "You")
PERSON = "second_thoughts.person"  # the key in the scope of a request under which a gate leaves who is asking


def person_of(request: Any) -> Person:
    """Return the person behind a request of a page, a route or a socket.

    Args:
        request: a Starlette connection, or the Gradio request that wraps one.

    """
    connection = getattr(request, "request", request)
    person: Person = connection.scope.get(PERSON, LOCAL)
    return person
