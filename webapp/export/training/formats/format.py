"""What a format is: which examples it takes, which columns it writes, and how to train on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from webapp.export.training.examples import Example, Meta, Pieces
from webapp.export.training.settings import Style
from webapp.export.training.template import Template

Row: TypeAlias = dict[str, Any]


class CannotSay(Exception):
    """An example that a format has no way to say, with the reason."""


@dataclass(frozen=True, slots=True)
class Way:
    """How rows are written: as messages or strings, and the template of the model they are for, if one is named."""

    style: Style = "conversational"
    template: Template | None = None


Write: TypeAlias = Callable[[Any, Way], list[Row]]  # Any: an example of one of the shapes that the format takes


@dataclass(frozen=True, slots=True)
class Format:
    """One way of writing examples.

    Attributes:
        name: as the command line takes it.
        title: as people call it.
        takes: the shapes of examples it can say.
        columns: the exact names that a trainer looks at, with what they hold.
        training: how to train on it, a sentence or two.
        write: returns the rows of an example; raises CannotSay.
        needs_template: whether it writes token ids.
        masks: whether it can say that a stretch carries no loss.

    """

    name: str
    title: str
    takes: frozenset[type[Example]]
    columns: Mapping[str, str]
    training: str
    write: Write
    needs_template: bool = False
    masks: bool = False


def meta_row(meta: Meta, *replies: Pieces) -> Row:
    """Return where a row comes from; `origins` lists what no model wrote, as characters of each reply."""
    return {**{name: _plain(value) for name, value in asdict(meta).items()}, "origins": [origins(r) for r in replies]}


def origins(reply: Pieces) -> list[Row]:
    """Return the stretches of a reply that are not the model's, in characters."""
    found, at = [], 0
    for piece in reply:
        end = at + len(piece.text)
        if piece.origin != "model":
            found.append({"start": at, "end": end, "origin": piece.origin})
        at = end
    return found


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
