"""The numbered log: following, resuming, several viewers, bounded messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tests.runs.traces import trace_of
from webapp.events import Batch, RunEvent, RunProgress
from webapp.runs.log import MESSAGE_TOKENS, RunLog
from webapp.runs.wire import TokenWire


def said(number: int) -> RunProgress:
    return RunProgress(status="running", doing=str(number))


async def collect(batches: AsyncIterator[Batch]) -> list[tuple[int, RunEvent]]:
    return [(batch.seq + i, event) async for batch in batches for i, event in enumerate(batch.events)]


async def test_viewers_at_different_places_each_see_every_later_event_once_in_order() -> None:
    log = RunLog("r")
    log.append(said(1), said(2))
    early = asyncio.create_task(collect(log.follow(pace=0)))
    resumed = asyncio.create_task(collect(log.follow(1, log.epoch, pace=0)))
    for number in range(3, 40):
        log.append(said(number))
        if number % 5 == 0:
            await asyncio.sleep(0)
    log.close()
    assert [(n, e.doing) for n, e in await early] == [(n, str(n)) for n in range(1, 40)]
    assert [n for n, _ in await resumed] == list(range(2, 40))


async def test_a_viewer_that_waits_is_woken_by_an_event_and_by_the_end() -> None:
    log = RunLog("r")
    batches = log.follow(pace=0)
    waiting = asyncio.ensure_future(anext(batches))
    await asyncio.sleep(0)
    assert not waiting.done()
    log.append(said(1))
    assert (await waiting).seq == 1
    ending = asyncio.ensure_future(anext(batches, None))
    await asyncio.sleep(0)
    log.close()
    assert await ending is None


async def test_another_epoch_or_a_number_the_log_never_had_starts_over() -> None:
    log = RunLog("r", [said(1), said(2)], closed=True)
    assert [n for n, _ in await collect(log.follow(2, "another"))] == [1, 2]
    assert [n for n, _ in await collect(log.follow(9, log.epoch))] == [1, 2]
    assert await collect(log.follow(2, log.epoch)) == []
    assert RunLog("r").epoch != log.epoch


async def test_events_between_two_messages_travel_together_in_messages_of_bounded_size() -> None:
    (tokens,) = TokenWire("g").push(trace_of([b"x"] * 200))
    log = RunLog("r", [said(1), tokens, tokens, tokens, tokens, said(2)], closed=True)
    sizes = [len(batch.events) async for batch in log.follow()]
    assert sizes == [4, 2]
    assert MESSAGE_TOKENS <= 3 * 200


async def test_a_viewer_that_leaves_disturbs_nobody() -> None:
    log = RunLog("r", [said(1)])
    leaving = log.follow(pace=0)
    await anext(leaving)
    staying = asyncio.create_task(collect(log.follow(pace=0)))
    await asyncio.sleep(0)
    await leaving.aclose()
    log.append(said(2))
    log.close()
    assert [n for n, _ in await staying] == [1, 2]
