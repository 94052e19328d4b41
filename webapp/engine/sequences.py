"""What a model remembers of the sequences it reads, whichever way it is driven."""

from __future__ import annotations

from typing import Any, Protocol


class Kept(Protocol):
    """What was read of a sequence that has no slot now."""

    @property
    def length(self) -> int:
        """How many tokens were read."""
        ...


class SequenceCache(Protocol):
    """What a model remembers of the sequences it reads, a slot each."""

    def copy(self, source: int, target: int, length: int) -> None:
        """Copy the first `length` tokens of slot `source` to slot `target`."""
        ...

    def take(self, slot: int, length: int) -> Any:
        """Return a copy of the first `length` tokens of a slot (a `Kept`), to be put back later."""
        ...

    def put(self, kept: Any, slot: int, length: int) -> None:
        """Write the first `length` tokens of what was taken into a slot."""
        ...
