"""Engines doing the same work in turn, and the table of what it took them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.bench.peers.side import Cannot
from tests.bench.workloads import Work

HEAD = f"{'':9}{'seconds: min':>14}{'median':>9}{'max':>9}{'tokens/s':>10}{'x ours: min':>14}{'median':>8}{'max':>8}"
SMALL = 0.0005  # seconds between two clocks that are not worth a remark


@dataclass(slots=True)
class Measured:
    """What a kind of work took one side: for each repetition seconds by its own clock and from outside."""

    own: list[float] = field(default_factory=list)
    outside: list[float] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    cannot: str = ""

    def ratios(self, ours: Measured) -> list[float]:
        """Return how many times as long as ours each repetition took."""
        return [theirs / our for theirs, our in zip(self.own, ours.own, strict=True)]


async def contest(work: Work, repetitions: Iterable[int]) -> dict[str, Measured]:
    """Let every side do the work in turn, another one first each time."""
    measured = {name: Measured() for name in work.asks}
    names = list(work.asks)
    for r in repetitions:
        first = r % len(names)
        for name in names[first:] + names[:first]:
            if not measured[name].cannot:
                await _once(work, name, r, measured[name])
    return measured


async def _once(work: Work, name: str, repetition: int, measured: Measured) -> None:
    side, ask = work.asks[name]
    own, outside = side.clock(), time.perf_counter()
    try:
        answer = await ask(repetition)
    except Cannot as reason:
        measured.cannot = str(reason)
    else:
        measured.outside.append(time.perf_counter() - outside)
        measured.own.append(side.clock() - own)
        measured.answers.append(answer)
    await side.settle()


def table(work: Work, measured: dict[str, Measured]) -> str:
    """Return the figures of a kind of work, a line a side."""
    return "\n".join([f"\n{work.title}", HEAD, *(_row(work, name, measured) for name in measured)])


def _row(work: Work, name: str, measured: dict[str, Measured]) -> str:
    side = measured[name]
    if side.cannot:
        return f"{name:9} cannot: {side.cannot}"
    seconds = "".join(f"{s:9.3f}" for s in spread(side.own))
    speed = f"{work.tokens / statistics.median(side.own):.1f}" if work.tokens else ""
    ratios = "".join(f"{ratio:8.2f}" for ratio in spread(side.ratios(measured["ours"])))
    return f"{name:9}{seconds:>32}{speed:>10}{ratios:>30}{_remarks(work, name, measured)}"


def spread(values: list[float]) -> tuple[float, float, float]:
    """Return the least, the median and the most."""
    return min(values), statistics.median(values), max(values)


def _remarks(work: Work, name: str, measured: dict[str, Measured]) -> str:
    side = measured[name]
    piped = statistics.median(b - a for a, b in zip(side.own, side.outside, strict=True))
    remarks = [f"{piped * 1000:.0f} ms more from outside"] if piped > SMALL else []
    if work.compared and work.asks[name][0].name != "ours":
        remarks.append(_agreement(measured["ours"], side))
    return f"   {'; '.join(remarks)}" if remarks else ""


def _agreement(ours: Measured, side: Measured) -> str:
    """Return how far the numbers of one side are from ours, and how many it does not know."""
    pairs = [
        pair for a, b in zip(ours.answers, side.answers, strict=True) for pair in zip(a, b, strict=True)
    ]  # fmt: skip
    apart = max((abs(a - b) for a, b in pairs if b is not None), default=0.0)
    unknown = sum(b is None for _, b in pairs)
    return f"at most {apart:.3f} from ours" + (f", {unknown} of {len(pairs)} unknown" if unknown else "")
