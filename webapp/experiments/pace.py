"""The times that bound the work on experiments, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds.

    Attributes:
        lease: how long the cells of a process count as at work after its last step.
        tick: longest time between two steps, and between two looks at what other processes asked for.

    """

    lease: float = 15.0
    tick: float = 2.0
