"""kill -9 in the middle of a run, start again, open it: nothing finished is missing."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

ROOT = Path(__file__).resolve().parents[2]
ENOUGH = 120  # tokens of the long text to see before the process is killed: more than one autosave


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(folder: Path, port: int, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a server process; yield it and the first line it says once it serves."""
    command = [sys.executable, "-m", "tests.server.puppet_server", str(folder), str(port), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def events(port: int, run_id: str) -> Iterator[dict[str, Any]]:
    with connect(f"ws://127.0.0.1:{port}/api/runs/{run_id}/events", max_size=None) as stream:
        for message in stream:
            yield from json.loads(message)["events"]


def test_a_killed_run_keeps_what_was_finished_and_most_of_what_was_not(tmp_path: Path) -> None:
    port = free_port()
    finished, begun = "", ""
    with server(tmp_path, port, "launch") as (process, run_id):
        tokens = 0
        for event in events(port, run_id):
            if event["type"] == "generation_finished":
                finished = event["generation"]
            elif event["type"] == "tokens" and len(event["ids"]) and finished not in ("", event["generation"]):
                begun, tokens = event["generation"], tokens + len(event["ids"])
            if finished and tokens > ENOUGH:
                break
        process.kill()
        process.wait()

    with server(tmp_path, port) as (_, said):
        assert said == "ready"
        texts: dict[str, str] = {}
        endings: dict[str, dict[str, Any]] = {}
        for event in events(port, run_id):
            if event["type"] == "run_opened":  # each look at a run that may live elsewhere starts over
                texts, endings = {}, {}
            elif event["type"] == "tokens":
                texts[event["generation"]] = texts.get(event["generation"], "") + "".join(event["text"])
            elif event["type"] == "generation_finished":
                endings[event["generation"]] = event
            elif event["type"] == "run_finished":
                status = event["status"]
    assert status == "interrupted"
    assert (endings[finished]["text"], endings[finished]["verdict"]) == ("Answer: 0", "correct")
    assert texts[finished] == "Answer: 0<end>"
    assert endings[begun]["finish_reason"] == "interrupted"
    assert texts[begun] == endings[begun]["text"] == "7" * len(texts[begun])
    assert len(texts[begun]) > ENOUGH / 2
