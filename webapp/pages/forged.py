"""Reading event data: whoever calls can forge it, so every field is checked before it is used."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

import gradio as gr

from webapp.pages.urls import IDENTIFIER
from webapp.runs.request import BadRequest

T = TypeVar("T")

LONGEST_TEXT = 20_000


def identifier(event: gr.EventData, name: str) -> str:
    """Return an id of the event.

    Raises:
        BadRequest: when it is missing or no id.

    """
    value = _field(event, name)
    if not isinstance(value, str) or not IDENTIFIER.fullmatch(value):
        raise BadRequest(f"The page sent no valid {name}. Reload it and try again.")
    return value


def whole_number(event: gr.EventData, name: str) -> int:
    """Return a number of the event that counts something.

    Raises:
        BadRequest: when it is missing, negative or no whole number.

    """
    value = _field(event, name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadRequest(f"The page sent no valid {name}. Reload it and try again.")
    return value


def flag(event: gr.EventData, name: str) -> bool:
    """Return a yes or no of the event.

    Raises:
        BadRequest: when it is missing or something else.

    """
    value = _field(event, name)
    if not isinstance(value, bool):
        raise BadRequest(f"The page sent no valid {name}. Reload it and try again.")
    return value


def text(event: gr.EventData, name: str) -> str:
    """Return a text of the event.

    Raises:
        BadRequest: when it is missing or too long.

    """
    value = _field(event, name)
    if not isinstance(value, str):
        raise BadRequest(f"The page sent no valid {name}. Reload it and try again.")
    if len(value) > LONGEST_TEXT:
        raise BadRequest(f"The {name} may have {LONGEST_TEXT:,} characters; shorten it.")
    return value


def one_of(event: gr.EventData, name: str, choices: Collection[T]) -> T:
    """Return the one of some texts that the event names.

    Raises:
        BadRequest: when it names none of them.

    """
    value = _field(event, name)
    for choice in choices:
        if value == choice:
            return choice
    raise BadRequest(f"The page sent no valid {name}. Reload it and try again.")


def texts(event: gr.EventData, name: str) -> tuple[str, ...]:
    """Return a list of short texts of the event, without the empty ones.

    Raises:
        BadRequest: when it is anything else.

    """
    value = _field(event, name)
    if not isinstance(value, list) or not all(isinstance(item, str) and len(item) <= 200 for item in value):
        raise BadRequest(f"The page sent no valid {name}. Reload it and try again.")
    return tuple(dict.fromkeys(item.strip() for item in value if item.strip()))


def method_choice(value: object) -> tuple[str, dict[str, object]]:
    """Return the method and settings in a method form's value.

    Raises:
        BadRequest: when it is no such value.

    """
    form = value if isinstance(value, dict) else {}
    name, values = form.get("method"), form.get("values")
    if not isinstance(name, str) or not isinstance(values, dict):
        raise BadRequest("Pick a method first.")
    return name, values


def _field(event: gr.EventData, name: str) -> object:
    data = event._data
    return data.get(name) if isinstance(data, dict) else None
