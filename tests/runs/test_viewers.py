"""When the last viewer of a run has left for good."""

from __future__ import annotations

import asyncio

from webapp.runs.viewers import Viewers


async def test_a_reload_keeps_the_run_and_leaving_ends_it_once() -> None:
    left: asyncio.Queue[str] = asyncio.Queue()
    viewers = Viewers(0.01, left.put_nowait)
    with viewers.watching("r"):
        with viewers.watching("r"):
            pass
        with viewers.watching("other"):
            pass
        assert await left.get() == "other"
    with viewers.watching("r"):  # came back within the grace
        with viewers.watching("third"):
            pass
        assert await left.get() == "third"
    assert await left.get() == "r"
    assert left.empty()
