"""Where iterative deepening puts its triggers: boundaries in tokens that grow geometrically (arXiv 2502.05449)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal, TypeAlias

Counts: TypeAlias = Literal["the whole text", "the next stretch"]


@dataclass(frozen=True, slots=True)
class Boundary:
    """A stretch ends after `until` tokens of the text; `size` is what the next one grows from."""

    size: int
    until: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """Boundaries at `first` tokens and then at `growth` times as many, up to `longest` tokens.

    The size of a boundary counts the whole text, triggers included, or only the stretch after the last trigger.
    """

    first: int
    growth: float
    longest: int
    counts: Counts = "the whole text"

    def start(self) -> Boundary:
        """Return the first boundary."""
        return Boundary(self.first, self.first)

    def after(self, boundary: Boundary, length: int) -> Boundary:
        """Return the boundary after another one, when the text has so many tokens, its trigger included.

        Boundaries of the whole text that the trigger has passed are left out.
        """
        size = ceil(boundary.size * self.growth)
        if self.counts == "the next stretch":
            return Boundary(size, length + size)
        while size <= length:
            size = ceil(size * self.growth)
        return Boundary(size, size)

    def end(self, boundary: Boundary, trigger: int) -> int:
        """Return where a stretch ends: at its boundary, or at `longest` where no trigger can follow.

        A trigger of so many tokens that fills the text, so that nothing could follow it, is not put in.
        """
        return boundary.until if boundary.until + trigger < self.longest else self.longest

    def triggers(self, trigger: int) -> list[int]:
        """Return at how many tokens a text that does not end by itself gets triggers of so many tokens each."""
        return list(self._triggers(trigger))

    def _triggers(self, trigger: int) -> Iterator[int]:
        boundary = self.start()
        while self.end(boundary, trigger) < self.longest:
            yield boundary.until
            boundary = self.after(boundary, boundary.until + trigger)


def reread(triggers: Sequence[int], longest: int) -> int:
    """Return how many tokens are read in all when every stretch begins by reading the text so far again."""
    return sum(triggers) + longest
