"""The event loop's side of the model's thread: hands work over and waits for what comes back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import TypeVar

from webapp.engine.jobs import OUT_OF_MEMORY, Job
from webapp.engine.protocol import Caller, EngineError, OutOfMemory
from webapp.engine.scoring import Passes
from webapp.engine.worker import Worker

T = TypeVar("T")
E = TypeVar("E")
CLOSED = "The model was closed."


class Calls:
    """Asks one worker."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def put(self, task: Callable[[], None]) -> None:
        """Have a short task run in the model's thread.

        Raises:
            EngineError: when that has ended.

        """
        if not self.worker.put(task):
            raise EngineError(CLOSED)

    async def ask_all(self, jobs: Sequence[Callable[[], Passes[T]]], caller: Caller) -> list[T]:
        """Run jobs in the model's thread; when one fails or nobody waits any more, the others are given up."""
        tasks = [asyncio.ensure_future(self._ask(job, caller)) for job in jobs]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()

    async def follow(
        self, make: Callable[[Callable[[E], None]], Passes[None]], caller: Caller, holds: int
    ) -> AsyncIterator[E]:
        """Run a job of many passes in the model's thread and yield what it emits; closing the iterator ends it.

        `holds` is how many tokens of memory it keeps while it runs.
        """
        loop, events = asyncio.get_running_loop(), asyncio.Queue[E | Exception | None]()
        hear = partial(tell, loop, events.put_nowait)
        told = left = False

        def emit(event: E) -> None:
            nonlocal told
            told = True
            hear(event)

        def begin() -> Passes[None]:
            if told:  # a second try would tell the same tokens again
                raise OutOfMemory(OUT_OF_MEMORY)
            return make(emit)

        job = Job(begin, caller, lambda _, error: hear(error), lambda: left, holds)
        self.put(lambda: self.worker.jobs.add(job))
        try:
            while (event := await events.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            left = True

    async def _ask(self, make: Callable[[], Passes[T]], caller: Caller) -> T:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        settle = partial(_settle, answer)
        job = Job(make, caller, lambda *result: tell(loop, settle, *result), answer.cancelled)
        self.put(lambda: self.worker.jobs.add(job))
        return await answer


def tell(loop: asyncio.AbstractEventLoop, hear: Callable[..., None], *what: object) -> None:
    """Call `hear` in the event loop, from the model's thread; a loop that has ended hears nothing."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(hear, *what)


def _settle(answer: asyncio.Future[T], result: T | None, error: Exception | None) -> None:
    if answer.done():  # whoever asked has gone
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(result)  # type: ignore[arg-type]
