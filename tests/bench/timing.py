"""Interleaved timing, so that a noisy machine is as noisy to one side as to the other.

The processor time of this process says more than the clock where other programs share the machine.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple


class Spent(NamedTuple):
    """Seconds of each repetition of one side."""

    clock: list[float]
    processor: list[float]


async def interleaved(sides: Mapping[str, Callable[[], Awaitable[None]]], repeats: int) -> dict[str, Spent]:
    """Time each side in turn, `repeats` times; one run of each goes before, unmeasured."""
    spent = {name: Spent([], []) for name in sides}
    for side in sides.values():
        await side()
    for _ in range(repeats):
        for name, side in sides.items():
            clock, processor = time.perf_counter(), time.process_time()
            await side()
            spent[name].clock.append(time.perf_counter() - clock)
            spent[name].processor.append(time.process_time() - processor)
    return spent


def line(name: str, seconds: list[float]) -> str:
    """Return the least and the median of some durations, for people."""
    return f"{name:<28} min {min(seconds):8.3f} s   median {statistics.median(seconds):8.3f} s"


def ratio(over: list[float], under: list[float]) -> str:
    """Return the ratios of two sides: of the least, and the median of those of each pair."""
    pairs = [a / b for a, b in zip(over, under, strict=True)]
    return f"ratio: of the least {min(over) / min(under):.2f}, median of pairs {statistics.median(pairs):.2f}"
