"""The parent's side of the math worker: asks it whether expressions are equivalent."""

from __future__ import annotations

import atexit
from pathlib import Path

from webapp.tasks.json_worker import JsonWorker, WorkerTimeout

WORKER = Path(__file__).with_name("math_worker.py")
START_SECONDS = 60.0
TIME_LIMIT = 3.0


class MathTimeout(Exception):
    """A comparison that took longer than it may."""


class MathProcess:
    """Compares LaTeX expressions in a worker process; may be called from any thread, one call at a time."""

    def __init__(self, time_limit: float = TIME_LIMIT) -> None:
        self.worker = JsonWorker([str(WORKER)], START_SECONDS)
        self._time_limit = time_limit

    def equivalent(self, reference: str, answer: str) -> bool | None:
        """Return whether two expressions are equivalent; None when either cannot be read.

        Raises:
            MathTimeout: when it took longer than the time limit, or broke the worker; the next call starts afresh.

        """
        try:
            verdict: bool | None = self.worker.ask([reference, answer], self._time_limit)
        except WorkerTimeout as error:
            raise MathTimeout(str(error)) from error
        return verdict

    def close(self) -> None:
        """End the worker, if it runs."""
        self.worker.close()


_process = MathProcess()
atexit.register(_process.close)


def equivalent(reference: str, answer: str) -> bool | None:
    """Compare in the program's one worker process (see `MathProcess.equivalent`)."""
    return _process.equivalent(reference, answer)
