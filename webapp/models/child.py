"""Running a helper process that can be watched and given up: downloads and conversions never share our process."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PATIENCE = 5.0
_REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Finished:
    """How a helper process ended; `output` is the last 64 KiB of its stdout and stderr together."""

    code: int
    output: str


class _Tail:
    """Collects the end of a stream in a thread of its own, so that the process never blocks on a full pipe."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._chunks: deque[bytes] = deque(maxlen=64)
        self._process = process
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def _collect(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while chunk := stream.read1(1024):  # type: ignore[attr-defined]
            self._chunks.append(chunk)

    def text(self) -> str:
        return b"".join(tuple(self._chunks)).decode("utf-8", "replace").replace("\r", "\n")

    def finish(self) -> str:
        self._thread.join(_PATIENCE)
        return self.text()


def run_python(
    arguments: Sequence[str],
    watch: Callable[[str], None],
    *,
    environment: Mapping[str, str],
    interval: float = 0.5,
) -> Finished:
    """Run `python ARGUMENTS...` and wait for its end, calling `watch(output so far)` every `interval` seconds.

    An exception from `watch` ends the process and is passed on.
    """
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        cwd=_REPOSITORY,
    )
    tail = _Tail(process)
    try:
        while True:
            watch(tail.text())
            try:
                return Finished(process.wait(interval), tail.finish())
            except subprocess.TimeoutExpired:
                continue
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
