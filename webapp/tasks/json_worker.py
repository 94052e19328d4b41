"""The parent's side of a worker process that answers a JSON line with a JSON line: ends it when it takes too long."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import IO, Any


class WorkerTimeout(Exception):
    """An answer that took longer than it may, or that broke the worker."""


class JsonWorker:
    """Asks a Python script in a process of its own; may be called from any thread, one call at a time.

    The script says a line when it is ready, and then answers every line it reads with one.
    """

    def __init__(
        self, arguments: Sequence[str], start_seconds: float, environment: Mapping[str, str] | None = None
    ) -> None:
        self.process: subprocess.Popen[str] | None = None
        self._arguments = arguments
        self._start_seconds = start_seconds
        self._environment = environment or {}
        self._lock = threading.Lock()
        self._lines: queue.Queue[str] = queue.Queue()

    def ask(self, request: Any, seconds: float) -> Any:
        """Return the worker's answer, starting it at the first call.

        Raises:
            WorkerTimeout: when it took longer than `seconds`, or broke the worker; the next call starts afresh.

        """
        with self._lock:
            process = self._started()
            try:
                assert process.stdin is not None
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
            except OSError as error:
                self._end()
                raise WorkerTimeout("the worker ended") from error
            return self._read(seconds)

    def close(self) -> None:
        """End the worker, if it runs."""
        with self._lock:
            self._end()

    def _started(self) -> subprocess.Popen[str]:
        if self.process is None or self.process.poll() is not None:
            # -P keeps the script's folder off its module path, where numbers.py would hide the standard one.
            self.process = subprocess.Popen(
                [sys.executable, "-P", *self._arguments],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
                env={**os.environ, **self._environment},
            )  # fmt: skip
            self._lines = queue.Queue()
            threading.Thread(target=_pump, args=(self.process.stdout, self._lines), daemon=True).start()
            self._read(self._start_seconds)
        return self.process

    def _read(self, seconds: float) -> Any:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            line = ""
        if not line:
            self._end()
            raise WorkerTimeout(f"the answer took longer than {seconds:g} s or broke the worker")
        return json.loads(line)

    def _end(self) -> None:
        process, self.process = self.process, None
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
