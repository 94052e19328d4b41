"""The thread that owns the model: takes requests, keeps one batch running, sends tokens back."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable

import torch

from storage.records import FinishReason
from webapp.engine.batch import Batch
from webapp.engine.forward import Forward
from webapp.engine.protocol import EngineError, Generated, OutOfMemory, Queued, TokenBatch
from webapp.engine.request import Request, Row
from webapp.engine.scheduler import Scheduler

_log = logging.getLogger(__name__)
SEND_EVERY = 0.05  # seconds between two token batches of one row
OUT_OF_MEMORY = "The device ran out of memory; ask for fewer samples or a shorter text."


class Worker:
    """Runs jobs and decode steps in one thread, in turn; nothing else touches the model."""

    def __init__(self, forward: Forward, slots: int) -> None:
        self.forward = forward
        self.batch = Batch(forward)
        self.scheduler = Scheduler(slots)
        self.inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self.requests: set[Request] = set()
        self.sent: dict[Row, float] = {}
        self.thread = threading.Thread(target=self._run, name="model", daemon=True)
        self.thread.start()

    def put(self, job: Callable[[], None]) -> None:
        """Have a job run in the model's thread, between two steps."""
        self.inbox.put(job)

    def submit(self, request: Request, rows: list[Row]) -> None:
        """Let a request's rows wait for slots; to be called in the model's thread."""
        request.unfinished = len(rows)
        self.requests.add(request)
        self.scheduler.add(rows)

    def close(self) -> None:
        """End the thread; unfinished requests end with an error."""
        self.inbox.put(None)
        self.thread.join()

    def _run(self) -> None:
        with torch.inference_mode():
            while self._take_jobs():
                try:
                    self._turn()
                except Exception as error:
                    self._fail_running(error)
        for request in list(self.requests):
            self._end(request, EngineError("The model was closed while this was running."))

    def _take_jobs(self) -> bool:
        """Run what came in; block only when there is nothing else to do. False ends the thread."""
        idle = not self.batch.members and not self.scheduler.waiting
        while True:
            try:
                job = self.inbox.get(block=idle)
            except queue.Empty:
                return True
            if job is None:
                return False
            job()
            idle = not self.batch.members and not self.scheduler.waiting

    def _turn(self) -> None:
        self._drop_cancelled()
        while self.batch.reading is None and (row := self.scheduler.next(self.batch.members)) is not None:
            self.batch.admit(row)
        self._tell_positions()
        self.batch.read()
        for row, reason in self.batch.step():
            self._send(row, reason)

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
        request, trace = row.request, row.columns.trace()
        self.batch.remove(row)
        self.sent.pop(row, None)
        request.unfinished -= 1
        if not request.unfinished:
            self.requests.discard(request)
        text, replaced = trace.text()
        if row.stop.cut is not None:
            text = row.stop.text[: row.stop.cut].decode("utf-8", errors="replace")
        seconds = time.monotonic() - row.admitted
        request.emit(
            Generated(row.prompt_index, row.sample, text, replaced, trace, reason, len(row.prompt.ids), seconds)
        )

    def _tell_positions(self) -> None:
        for request, position in self.scheduler.positions().items():
            running = any(row.request is request for row in self.batch.members)
            if not running and request.position != position:
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

    def _fail_running(self, error: Exception) -> None:
        """Fail the requests that were running; those that wait go on, with half the batch if memory ran out."""
        if isinstance(error, torch.OutOfMemoryError | MemoryError):
            self._make_room()
            return
        _log.exception("a model step failed")
        for request in {row.request for row in self.batch.members}:
            self._end(request, EngineError(f"The model failed while generating: {error}"))
        self.forward.reset()

    def _make_room(self) -> None:
        """Halve the batch and run its requests again, once each; one that fails again has its error."""
        running = {row.request for row in self.batch.members}
        self.scheduler.slots = max(len(self.batch.members) // 2, 1)
        rows = list(self.batch.members)
        self.batch.rows, self.batch.reading = [], None
        self.forward.reset()
        for request in running:
            if request.retried:
                self._end(request, OutOfMemory(OUT_OF_MEMORY))
            else:
                request.retried = True
                for prompt in request.prompts:
                    prompt.logits = None
        again = [row for row in rows if row.request in self.requests]
        for row in again:
            row.restart()
        self.scheduler.waiting[:0] = again
