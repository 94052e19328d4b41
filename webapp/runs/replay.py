"""A stored run told again with its own timing, to show it to a room."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import numpy as np

from storage.records import Generation, Score, StoredRun
from storage.trace import TokenTrace
from webapp.events import Batch, RunEvent
from webapp.methods.interface import MethodSpec
from webapp.runs import announce
from webapp.runs.log import PACE, RunLog
from webapp.runs.rebuild import ending
from webapp.runs.spans import origins_of
from webapp.runs.wire import TokenWire

Timed = tuple[float, RunEvent]


def timeline(stored: StoredRun, spec: MethodSpec | None, *, frame: float) -> list[Timed]:
    """Return the events of a finished run with their seconds since it started, in order.

    Tokens that came within `frame` seconds of a generation travel together.
    """
    timed: list[Timed] = [(0.0, announce.opened(stored.run, spec))]
    for generation in stored.generations:
        timed.extend(_generation(stored, generation, frame))
    for score in stored.scores:
        timed.append((_when(stored, score), announce.scored(score)))
    timed.sort(key=lambda item: item[0])  # stable: what came together stays in its order
    last = max(timed[-1][0], stored.run.cost.seconds)
    return [*timed, (last, announce.standing(stored.run)), (last, announce.ended(stored.run))]


async def replay(
    stored: StoredRun,
    spec: MethodSpec | None,
    speed: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> AsyncIterator[Batch]:
    """Yield a finished run's events when they are due, `speed` times as fast as they came."""
    timed = timeline(stored, spec, frame=PACE * speed)
    log = RunLog(stored.run.id)
    begun = clock()
    sent = 0
    for due, group in _frames(timed, PACE * speed):
        if (early := due / speed - (clock() - begun)) > 0:
            await sleep(early)
        log.append(*group)
        for batch in log.since(sent):
            sent += len(batch.events)
            yield batch


def _frames(timed: list[Timed], frame: float) -> Iterator[tuple[float, list[RunEvent]]]:
    """Group events that are due within one frame of each other."""
    group: list[RunEvent] = []
    begun = 0.0
    for due, event in timed:
        if group and due - begun > frame:
            yield begun, group
            group = []
        begun = due if not group else begun
        group.append(event)
    if group:
        yield begun, group


def _generation(stored: StoredRun, generation: Generation, frame: float) -> Iterator[Timed]:
    yield generation.started, announce.started(generation)
    last = generation.started
    trace = stored.traces.get(generation.id)
    if trace is not None:
        for due, event in _tokens(generation, trace, frame):
            last = max(last, due)
            yield last, event
    yield max(last, generation.started + generation.cost.seconds), ending(stored, generation)


def _tokens(generation: Generation, trace: TokenTrace, frame: float) -> Iterator[Timed]:
    wire = TokenWire(generation.id)
    origins = origins_of(trace, generation.spans)
    seconds = _seconds(generation, trace)
    start = 0
    while start < len(trace):
        # at least one row, and all that came within the frame after it
        stop = max(start + 1, int(np.searchsorted(seconds, seconds[start] + frame, side="right")))
        for event in wire.push(trace.slice(start, stop), origins[start:stop], final=stop >= len(trace)):
            yield float(seconds[start]), event
        start = stop


def _seconds(generation: Generation, trace: TokenTrace) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return when each row came, never decreasing; where that is unknown, spread over the generation's duration."""
    evenly = generation.started + generation.cost.seconds * np.arange(1, len(trace) + 1) / max(1, len(trace))
    known = evenly if trace.seconds is None else np.where(np.isnan(trace.seconds), evenly, trace.seconds)
    return np.maximum.accumulate(np.maximum(known, generation.started))


def _when(stored: StoredRun, score: Score) -> float:
    begun = stored.run.started_at or stored.run.created_at
    return max(0.0, (score.created_at - begun).total_seconds())
