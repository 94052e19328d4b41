"""What a proxy breaks between us and a real vLLM, and what still comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.engine.remote.asked import GREEDY, QUESTION, WARM, drawn, ids
from tests.engine.remote.conftest import QUICK
from tests.engine.remote.proxy import Cut, Fault, Garble, Proxy, Stall, Status
from webapp.engine.protocol import EngineError, EngineGone, Prompt, Sampling, TokenBatch
from webapp.engine.remote.engine import RemoteEngine

Made = Callable[..., RemoteEngine]
HASTY = replace(QUICK, silence=1.5)


async def test_nothing_is_said_twice_or_lost_where_a_stream_breaks(remote: RemoteEngine, proxied: Made, proxy: Proxy):
    [whole] = await drawn(remote, QUESTION, GREEDY)
    broken: tuple[list[Fault], ...] = (
        [Cut(0), Cut(4), Garble(2), Cut(0)],
        [Status(429, "Retry-After: 0\r\n"), Status(503), Cut(1), Garble(0)],
    )
    for faults in broken:
        engine = proxied()
        proxy.faults.extend(faults)
        [text] = await drawn(engine, QUESTION, GREEDY)  # `drawn` checks that what was streamed adds up
        assert ids([text]) == ids([whole])
        assert text.text == whole.text
        assert not proxy.faults


async def test_several_samples_go_on_each_from_where_it_was(proxied: Made, proxy: Proxy):
    proxy.faults.append(Cut(7))
    engine = proxied()
    texts = await drawn(engine, QUESTION, WARM, n=3)
    assert [len(text.trace) for text in texts] == [WARM.max_tokens] * 3
    untouched = await drawn(proxied(), QUESTION, WARM, n=3)
    for text, other in zip(ids(texts), ids(untouched), strict=True):
        assert text[:2] == other[:2]  # 7 events had come, so two tokens of each at least


async def test_a_silent_server_is_given_up_on_and_asked_again(proxied: Made, proxy: Proxy, remote: RemoteEngine):
    [whole] = await drawn(remote, QUESTION, GREEDY)
    proxy.faults.append(Stall(3))
    [text] = await drawn(proxied(HASTY), QUESTION, GREEDY)
    assert ids([text]) == ids([whole])


async def test_a_server_that_stays_busy_is_given_up_on(proxied: Made, proxy: Proxy):
    proxy.faults.extend([Status(429)] * QUICK.attempts)
    with pytest.raises(EngineGone, match="has no room at the moment"):
        await drawn(proxied(), QUESTION, GREEDY)
    proxy.faults.extend([Garble(0)] * QUICK.attempts)
    with pytest.raises(EngineGone, match="no answer of a model server"):
        await drawn(proxied(), QUESTION, GREEDY)


async def test_what_a_server_refuses_is_asked_once(proxied: Made, proxy: Proxy):
    engine = proxied()
    await drawn(engine, QUESTION, GREEDY)
    before = proxy.asked
    proxy.faults.append(Status(400, body='{"error": {"message": "no such thing"}}'))
    with pytest.raises(EngineError, match=r"refuses that .*no such thing"):
        await drawn(engine, QUESTION, GREEDY)
    assert proxy.asked == before + 1


async def test_a_server_that_dies_in_the_middle_is_gone(proxied: Made, proxy: Proxy):
    engine, heard = proxied(), 0
    with pytest.raises(EngineGone, match="cannot be reached, or broke off"):
        async for event in engine.generate([QUESTION], Sampling(temperature=0.0, max_tokens=400)):
            heard += isinstance(event, TokenBatch)
            proxy.dead = heard >= 3
    assert heard >= 3


async def test_scoring_and_choosing_are_asked_again(proxied: Made, proxy: Proxy, remote: RemoteEngine):
    engine = proxied()
    said = list(remote.tokenize("Whales."))
    proxy.faults.extend([Status(500), Status(429)])
    assert len((await engine.score([QUESTION], [said]))[0]) == len(said)
    proxy.faults.append(Status(502))
    [chosen] = await engine.choose([QUESTION], [["Yes"], ["No"]])
    assert 0 < chosen.captured < 1


async def test_a_call_that_is_closed_closes_the_connection(proxied: Made, proxy: Proxy):
    proxy.faults.append(Stall(2))
    events = proxied().generate([QUESTION], GREEDY)
    async for _ in events:
        break
    await events.aclose()
    async with asyncio.timeout(30):
        await asyncio.to_thread(proxy.closed.wait)


async def test_a_closed_engine_ends_what_is_under_way(proxied: Made, proxy: Proxy):
    engine = proxied()
    proxy.faults.append(Stall(1))
    with pytest.raises(EngineError, match="was closed"):
        async for _ in engine.generate([QUESTION], GREEDY):
            await engine.close()
    with pytest.raises(EngineError, match="was closed"):
        await drawn(engine, Prompt.user("x"), GREEDY)
