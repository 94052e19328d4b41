"""The real program in a process of its own, so that a test can kill it and start it again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ENTRY = "app.py"
PATIENCE = 120  # seconds until the model must answer


class Program:
    """`python app.py` over a data folder; the port stays the same over restarts."""

    def __init__(self, data: Path, model: Path | str, *options: str) -> None:
        self._data = data
        self._model = model
        self._options = options
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data / "program.log"

    def start(self) -> Program:
        """Start it and wait until the model answers."""
        self._data.mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable, ENTRY, "--port", str(self.port), "--data-dir", str(self._data),
            "--model", str(self._model), "--threads", "1", *self._options,
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=dict(os.environ))
        try:
            self._until_ready()
        except BaseException:
            self.kill()  # nobody else would end it
            raise
        return self

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def stop(self) -> None:
        """End it as Ctrl+C would."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def json(self, path: str) -> Any:
        """Return what one of the program's own routes answers."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=20) as answer:
            return json.load(answer)

    def text(self, path: str) -> str:
        """Return what one of the program's own routes answers, as text."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=20) as answer:
            body: bytes = answer.read()
            return body.decode()

    def until(self, path: str, holds: Callable[[Any], bool]) -> None:
        """Wait until what a route answers is so."""
        deadline = time.monotonic() + PATIENCE
        while not holds(self.json(path)):
            assert time.monotonic() < deadline, f"{path} never came to it:\n{self._tail()}"
            time.sleep(0.2)  # between two looks

    def _until_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + PATIENCE
        state = "starting"
        while state != "ready":
            assert self._process.poll() is None, f"it ended while starting:\n{self._tail()}"
            assert time.monotonic() < deadline, f"the model is still {state}:\n{self._tail()}"
            time.sleep(0.2)  # between two looks
            try:
                state = self.json("/api/model")["status"]["state"]
            except OSError:
                continue
            assert state != "failed", self._tail()

    def _tail(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
