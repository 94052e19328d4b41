"""A stored run as events, as its live log would have told it."""

from __future__ import annotations

from collections.abc import Iterator

from storage.records import Generation, StoredRun
from storage.trace import TokenTrace
from webapp.events import RunEvent, Tokens
from webapp.methods.interface import MethodSpec
from webapp.runs import announce
from webapp.runs.spans import origins_of
from webapp.runs.wire import TokenWire


def rebuild(stored: StoredRun, spec: MethodSpec | None) -> list[RunEvent]:
    """Return the events of a stored run, each generation's tokens in one stretch.

    Of a run that still lives (in another process) they tell how far it was when it was last stored.
    """
    run = stored.run
    events: list[RunEvent] = [announce.opened(run, spec)]
    doing = "Running in another process; shown as last stored." if run.live else ""
    events.append(announce.standing(run, stored.generations if run.live else (), doing))
    for generation in sorted(stored.generations, key=lambda g: g.ordinal):
        events.extend(generation_events(stored, generation))
    events.extend(announce.scored(score) for score in sorted(stored.scores, key=lambda s: (s.created_at, s.id)))
    if not run.live:
        events.append(announce.ended(run))
    return events


def generation_events(stored: StoredRun, generation: Generation) -> Iterator[RunEvent]:
    """Yield the events of one stored generation; one that is still being written has no last event."""
    yield announce.started(generation)
    trace = stored.traces.get(generation.id)
    if trace is not None:
        yield from token_events(generation, trace)
    if generation.status == "finished" or not stored.run.live:
        yield ending(stored, generation)


def token_events(generation: Generation, trace: TokenTrace) -> list[Tokens]:
    """Return the tokens of a stored generation."""
    return TokenWire(generation.id).push(trace, origins_of(trace, generation.spans), final=True)


def ending(stored: StoredRun, generation: Generation) -> RunEvent:
    """Return the last event of a stored generation; one that nobody ended was interrupted."""
    if generation.finish_reason is None:
        generation = generation.with_(finish_reason="interrupted")
    return announce.finished(generation, {g.id: g for g in stored.generations})
