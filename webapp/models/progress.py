"""How getting a model ready is told: what is being done, how far it is, and what went wrong."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

Stage: TypeAlias = Literal["waiting", "downloading", "converting", "loading"]


class ModelError(Exception):
    """A model that cannot be had, as a sentence for the person who asked for it."""


class PreparationCancelled(Exception):
    """Raised by a progress callback when nobody waits for this model any more."""


class Progress(Protocol):
    """Called from the preparing thread, at least once a second while it waits for anything.

    It may raise `PreparationCancelled`; whoever prepares then cleans up and passes the exception on.
    """

    def __call__(self, stage: Stage, sentence: str, fraction: float | None = None) -> None:
        """Tell the stage, a sentence about it, and its finished part between 0 and 1 where that is known."""
        ...


def silent(stage: Stage, sentence: str, fraction: float | None = None) -> None:
    """Tell nobody."""
