"""Scoring jobs beside the running batch: one pass of one job a turn, interactive before background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from webapp.engine.device import ran_out_of_memory
from webapp.engine.protocol import Caller, EngineError, OutOfMemory
from webapp.engine.scoring import Passes

OUT_OF_MEMORY = "The device ran out of memory; ask for fewer samples or a shorter text."


@dataclass(eq=False, slots=True)
class Job:
    """A scoring call; `answer` is given its result, or the error it ended with, in the model's thread."""

    make: Callable[[], Passes[Any]]
    caller: Caller
    answer: Callable[[Any, Exception | None], None]
    gone: Callable[[], bool]  # whether nobody waits for the answer any more
    holds: int = 0  # tokens of memory that it keeps from its first pass to its last
    passes: Passes[Any] | None = None
    retried: bool = False


class Jobs:
    """The jobs that are not done, in the order of their arrival."""

    def __init__(self, room: int | None = None) -> None:
        self.room = room  # tokens that the jobs may hold which hold memory over many passes
        self.waiting: list[Job] = []
        self.served: dict[str, int] = {}  # person -> the turn of the last pass
        self.turns = count(1)

    def add(self, job: Job) -> None:
        """Let a job wait for its turn."""
        self.waiting.append(job)

    def next(self) -> Job | None:
        """Return the job whose pass is due: interactive first, then the person whose last pass is longest ago.

        One that holds much memory begins when there is room for it beside those that have begun.
        """
        self.waiting = [job for job in self.waiting if not job.gone()]
        held = sum(job.holds for job in self.waiting if job.passes is not None)
        ready = [job for job in self.waiting if job.passes is not None or self._fits(job, held)]
        order = lambda job: (job.caller.background, self.served.get(job.caller.person, 0))  # noqa: E731
        return min(ready, key=order, default=None)

    def advance(self, job: Job, tokens: int) -> None:
        """Make the next pass of a job over at most that many tokens; its answer is sent when it was the last."""
        self.served[job.caller.person] = next(self.turns)
        try:
            if job.passes is None:
                job.passes = job.make()
                next(job.passes)
            job.passes.send(tokens)
        except StopIteration as done:
            self._end(job, done.value, None)
        except Exception as error:
            self._failed(job, error)

    def fail_all(self, error: Exception) -> None:
        """End every job with an error."""
        for job in list(self.waiting):
            self._end(job, None, error)

    def _fits(self, job: Job, held: int) -> bool:
        return self.room is None or not held or held + job.holds <= self.room

    def _failed(self, job: Job, error: Exception) -> None:
        if not ran_out_of_memory(error):
            told = error if isinstance(error, EngineError) else EngineError(f"The model failed: {error}")
            self._end(job, None, told)
        elif job.retried:
            self._end(job, None, OutOfMemory(OUT_OF_MEMORY))
        else:  # what it held is freed; what runs beside it may be gone by its next turn
            job.retried, job.passes = True, None

    def _end(self, job: Job, result: Any, error: Exception | None) -> None:
        self.waiting.remove(job)
        job.passes = None
        job.answer(result, error)
