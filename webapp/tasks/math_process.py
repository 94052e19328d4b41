"""The parent's side of the math worker: starts it, asks it, and ends it when it takes too long."""

from __future__ import annotations

import atexit
import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

WORKER = Path(__file__).with_name("math_worker.py")
START_SECONDS = 60.0
TIME_LIMIT = 3.0


class MathTimeout(Exception):
    """A comparison that took longer than it may."""


class MathProcess:
    """Compares LaTeX expressions in a worker process; may be called from any thread, one call at a time."""

    def __init__(self, time_limit: float = TIME_LIMIT) -> None:
        self._time_limit = time_limit
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()

    def equivalent(self, reference: str, answer: str) -> bool | None:
        """Return whether two expressions are equivalent; None when either cannot be read.

        Raises:
            MathTimeout: when it took longer than the time limit, or broke the worker; the next call starts afresh.

        """
        with self._lock:
            process = self._started()
            try:
                assert process.stdin is not None
                process.stdin.write(json.dumps([reference, answer]) + "\n")
                process.stdin.flush()
                verdict: bool | None = self._read(self._time_limit)
            except OSError as error:
                self._end()
                raise MathTimeout("the math worker ended") from error
            return verdict

    def close(self) -> None:
        """End the worker, if it runs."""
        with self._lock:
            self._end()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            # -P keeps this folder off the worker's module path, where numbers.py would hide the standard one.
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(WORKER)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
            )  # fmt: skip
            self._lines = queue.Queue()
            threading.Thread(target=_pump, args=(self._process.stdout, self._lines), daemon=True).start()
            self._read(START_SECONDS)
        return self._process

    def _read(self, seconds: float) -> bool | None:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            line = ""
        if not line:
            self._end()
            raise MathTimeout(f"the comparison took longer than {seconds:g} s or broke the math worker")
        verdict: bool | None = json.loads(line)
        return verdict

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def _pump(stream: IO[str] | None, lines: queue.Queue[str]) -> None:
    """Pass lines on as they come; an empty one marks the end."""
    assert stream is not None
    for line in stream:
        lines.put(line)
    lines.put("")


_process = MathProcess()
atexit.register(_process.close)


def equivalent(reference: str, answer: str) -> bool | None:
    """Compare in the program's one worker process (see `MathProcess.equivalent`)."""
    return _process.equivalent(reference, answer)
