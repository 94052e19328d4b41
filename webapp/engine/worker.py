"""The thread that owns the model: takes requests, keeps one batch running, sends tokens back."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence

import torch

from storage.records import FinishReason
from webapp.engine.batch import Batch
from webapp.engine.device import ran_out_of_memory
from webapp.engine.graphs import Graphs
from webapp.engine.jobs import OUT_OF_MEMORY, Jobs
from webapp.engine.memory import Budget
from webapp.engine.protocol import EngineError, Generated, OutOfMemory, Queued, TokenBatch
from webapp.engine.reader import Reader
from webapp.engine.request import Request, Row
from webapp.engine.scheduler import Scheduler

_log = logging.getLogger(__name__)
SEND_EVERY = 0.05  # seconds between two token batches of one row
CHUNK = 256  # prompt tokens read between two decode steps, so that running rows are not starved
PASS = 128  # tokens of a scoring job between two decode steps; bounds its logits too
BESIDE = 32  # tokens of background work between two steps of what a person waits for
CLOSED = "The model was closed while this was running."


class Worker:
    """Runs scoring passes and decode steps in one thread, in turn; nothing else touches the model."""

    def __init__(self, forward: Reader, slots: int, memory: Budget, graphs: Graphs | None = None) -> None:
        self.forward = forward
        self.batch = Batch(forward, graphs)
        self.scheduler = Scheduler(slots, memory.fits)
        self.jobs = Jobs(memory.walked)
        self.inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self.door = threading.Lock()  # so that nothing is put in after the thread took its last
        self.closed = False
        self.requests: set[Request] = set()
        self.sent: dict[Row, float] = {}
        self.thread = threading.Thread(target=self._run, name="model", daemon=True)
        self.thread.start()

    def put(self, task: Callable[[], None]) -> bool:
        """Have a short task run in the model's thread, between two steps; False when the thread has ended."""
        with self.door:
            if not self.closed:
                self.inbox.put(task)
            return not self.closed

    def submit(self, request: Request, rows: list[Row]) -> None:
        """Let a request's rows wait for slots; to be called in the model's thread."""
        request.unfinished = len(rows)
        self.requests.add(request)
        self.scheduler.add(rows)

    def close(self) -> None:
        """End the thread; what is unfinished ends with an error."""
        with self.door:
            self.closed = True
            self.inbox.put(None)
        self.thread.join()

    def _run(self) -> None:
        try:
            with torch.inference_mode():
                while self._take():
                    try:
                        self._turn()
                    except Exception as error:
                        self._fail(error)
        finally:
            self._shut()

    def _shut(self) -> None:
        with self.door:
            self.closed = True
        while not self.inbox.empty():
            if (task := self.inbox.get()) is not None:
                task()
        self.batch.clear()
        self.sent.clear()
        self.forward.reset()
        self.forward.prefixes.clear()
        for request in list(self.requests):
            self._end(request, EngineError(CLOSED))
        self.jobs.fail_all(EngineError(CLOSED))

    def _take(self) -> bool:
        """Take what came in; block only when there is nothing else to do. False ends the thread."""
        while True:
            idle = not (self.batch.members or self.scheduler.waiting or self.jobs.waiting)
            if idle:  # a long text must not hold its memory for ever, nor one shortage keep the batch small
                self.forward.idle()
                self.scheduler.restore()
            try:
                task = self.inbox.get(block=idle)
            except queue.Empty:
                return True
            if task is None:
                return False
            task()

    def _turn(self) -> None:
        self._drop_cancelled()
        self._make_way()
        self._admit()
        self._tell_positions()
        if (job := self.jobs.next()) is not None:
            self.jobs.advance(job, self._share(job.caller.background, PASS))
        reading = self.batch.reading
        if reading is not None and self.batch.read(self._share(reading.background, CHUNK)):
            self._admit()  # the other samples of that prompt begin with the same step
        for row, reason in self.batch.step():
            self._send(row, reason)

    def _share(self, background: bool, tokens: int) -> int:
        """Return how many tokens may be read in this turn; background work is brief while a person waits."""
        waited_for = self.scheduler.interactive or any(not row.background for row in self.batch.members)
        return BESIDE if background and waited_for else tokens

    def _make_way(self) -> None:
        row = self.scheduler.in_the_way(self.batch.rows, self.batch.reading)
        if row is not None:
            self.batch.set_aside(row, keep=not self.scheduler.lacks_memory(self.batch.members))
            self.scheduler.put_back([row])

    def _admit(self) -> None:
        while self.batch.reading is None and (row := self.scheduler.next(self.batch.members)) is not None:
            self.batch.admit(row)
            if not self.scheduler.expects(row.prompt):
                row.prompt.kept = None

    def _send(self, row: Row, reason: FinishReason | None) -> None:
        now = time.monotonic()
        if reason is None and now - self.sent.get(row, 0.0) < SEND_EVERY:
            return
        self.sent[row] = now
        start, trace = row.columns.take()
        row.request.emit(TokenBatch(row.prompt_index, row.sample, start, trace))
        if reason is not None:
            self._finish(row, reason)

    def _finish(self, row: Row, reason: FinishReason) -> None:
        """Free the row's slot, then tell: whoever hears of the end finds nothing of it left."""
        request = row.request
        self.batch.remember(row, row.to_read)  # a later question may follow on it
        self.batch.remove(row, keep_prompt=self.scheduler.expects(row.prompt))
        self.sent.pop(row, None)
        request.unfinished -= 1
        if not request.unfinished:
            self.requests.discard(request)
        request.emit(_generated(row, reason))

    def _tell_positions(self) -> None:
        served = {row.request for row in self.batch.members}
        for request, position in self.scheduler.positions(self.batch.members).items():
            if request not in served and request.position != position:
                request.position = position
                request.emit(Queued(position))

    def _drop_cancelled(self) -> None:
        for request in [r for r in self.requests if r.cancelled]:
            self._forget(request)

    def _forget(self, request: Request) -> None:
        self.scheduler.drop(request)
        for row in [r for r in self.batch.members if r.request is request]:
            self.batch.remove(row)
            self.sent.pop(row, None)
        self.requests.discard(request)

    def _end(self, request: Request, error: Exception) -> None:
        self._forget(request)
        request.emit(error)

    def _fail(self, error: Exception) -> None:
        """Fail the requests that were running; those that wait go on, with half the batch if memory ran out."""
        rows = self.batch.clear()
        self.sent.clear()
        self.forward.reset()
        self.forward.prefixes.clear()
        lost = self._lost(rows)
        rows = [row for row in rows if row.request not in lost]
        if ran_out_of_memory(error) and rows:
            for request in lost:
                self._end(request, OutOfMemory(OUT_OF_MEMORY))
            self._retry(rows)
            return
        _log.error("a model step failed", exc_info=error)
        told = error if isinstance(error, EngineError) else EngineError(f"The model failed while generating: {error}")
        for request in lost | {row.request for row in rows} or set(self.requests):
            self._end(request, told)

    def _lost(self, rows: Sequence[Row]) -> set[Request]:
        """Return the requests of which a row neither ran nor waits: the failure struck while it was moved."""
        there = Counter(row.request for row in (*rows, *self.scheduler.waiting))
        return {request for request in self.requests if there[request] < request.unfinished}

    def _retry(self, rows: Sequence[Row]) -> None:
        """Halve the batch and run its requests again, once each; then the one with the longest text must go."""
        requests = {row.request for row in rows}
        self.scheduler.halve(len(rows))
        if all(request.retried for request in requests):
            self._end(max(rows, key=lambda row: row.length).request, OutOfMemory(OUT_OF_MEMORY))
        for request in requests:
            request.retried = True
            for prompt in request.prompts:
                prompt.kept = None
        again = [row for row in rows if row.request in self.requests]
        for row in again:
            row.restart()
        self.scheduler.put_back(again)


def _generated(row: Row, reason: FinishReason) -> Generated:
    """Return a finished sample; its text ends before the stop string, its trace does not."""
    trace, seconds = row.columns.trace(), time.monotonic() - row.admitted
    text, replaced = row.stop.spelled(trace)
    return Generated(row.prompt_index, row.sample, text, replaced, trace, reason, len(row.prompt.ids), seconds)
