"""What a page does with a run's events: fold them into what it shows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from webapp.events import (
    Batch,
    GenerationFinished,
    GenerationStarted,
    RunEvent,
    RunFinished,
    RunOpened,
    RunProgress,
    ScoreAdded,
    Tokens,
)
from webapp.runs.request import RunRequest, typed_problem
from webapp.runs.service import RunService

COLUMNS = (
    "ids",
    "text",
    "entropy",
    "logprob",
    "sampled_logprob",
    "self_certainty",
    "candidates",
    "alternatives",
    "seconds",
)


def asked(method: str = "scene_draft", question: str = "Which?", **fields: Any) -> RunRequest:
    """Return a request for a run on a numeric problem whose answer is 0."""
    params = {"samples": 2, "max_tokens": 100} | fields.pop("params", {})
    return RunRequest(typed_problem(question, "numeric", "0"), method, params, **fields)


async def numbered(batches: AsyncIterator[Batch]) -> list[tuple[int, RunEvent]]:
    """Return all events with their numbers."""
    return [(batch.seq + i, event) async for batch in batches for i, event in enumerate(batch.events)]


async def events_of(service: RunService, run_id: str, **how: Any) -> list[RunEvent]:
    """Follow a run to its end."""
    return [event for _, event in await numbered(service.subscribe(run_id, person="local", **how))]


async def until(batches: AsyncIterator[Batch], seen: Callable[[RunEvent], bool]) -> list[RunEvent]:
    """Follow until an event was seen, and return what came so far."""
    events: list[RunEvent] = []
    async for batch in batches:
        events.extend(batch.events)
        if any(seen(event) for event in batch.events):
            return events
    raise AssertionError("the run ended before that")


def shown(events: Iterable[RunEvent]) -> dict[str, Any]:
    """Return what a page shows after these events: everything but the words of progress."""
    page: dict[str, Any] = {"generations": {}, "scores": []}
    for event in events:
        match event:
            case RunOpened() | RunFinished():
                page[event.type] = event.model_dump()
            case GenerationStarted():
                page["generations"][event.generation] = (
                    event.model_dump() | {c: [] for c in COLUMNS} | {"origins": []}
                )
            case Tokens():
                _grow(page["generations"][event.generation], event)
            case GenerationFinished():
                page["generations"][event.generation]["finished"] = event.model_dump()
            case ScoreAdded():
                page["scores"].append(event.model_dump())
            case RunProgress():
                page["tokens"] = event.generated_tokens
    return page


def _grow(pane: dict[str, Any], event: Tokens) -> None:
    assert event.start == len(pane["ids"]), "tokens lost or sent twice"
    for name in COLUMNS:
        pane[name] += getattr(event, name)
    pane["origins"] += [event.origin or "model"] * len(event.ids)
