"""Interleaved timing, so that a noisy machine is as noisy to one side as to the other."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Mapping


async def interleaved(sides: Mapping[str, Callable[[], Awaitable[None]]], repeats: int) -> dict[str, list[float]]:
    """Return the seconds of each repetition of each side; one run of each goes before, unmeasured."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for side in sides.values():
        await side()
    for _ in range(repeats):
        for name, side in sides.items():
            began = time.perf_counter()
            await side()
            seconds[name].append(time.perf_counter() - began)
    return seconds


def line(name: str, seconds: list[float]) -> str:
    """Return the least and the median of some durations, for people."""
    return f"{name:<28} min {min(seconds):8.3f} s   median {statistics.median(seconds):8.3f} s"


def ratio(over: list[float], under: list[float]) -> str:
    """Return the ratios of two sides: of the least, and the median of those of each pair."""
    pairs = [a / b for a, b in zip(over, under, strict=True)]
    return f"ratio: of the least {min(over) / min(under):.2f}, median of pairs {statistics.median(pairs):.2f}"
