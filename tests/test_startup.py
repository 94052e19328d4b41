"""The program as a person starts it: `python app.py` in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.models import tiny
from webapp.settings import Settings
from webapp.startup import StartError, address, listen

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 90  # seconds; importing everything on two busy cores


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "app.py", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip


def refused(*arguments: str) -> str:
    """Return what is said on stderr by a start that fails; a traceback is never said."""
    process = start(*arguments)
    try:
        said = process.communicate(timeout=PATIENCE)[1].strip()
    finally:
        process.kill()
    assert process.returncode in (1, 2)
    assert "Traceback" not in said
    return said


def test_a_taken_port_is_one_sentence(taken: int, tmp_path: Path) -> None:
    said = refused("--port", str(taken), "--data-dir", str(tmp_path))
    assert said.startswith(f"Port {taken} is taken") and "--port" in said and "\n" not in said


def test_an_unwritable_data_folder_is_one_sentence(free: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file where a folder should be")
    said = refused("--port", str(free), "--data-dir", str(tmp_path / "file" / "data"))
    assert str(tmp_path / "file" / "data") in said and "\n" not in said


def test_a_wrong_option_is_one_sentence() -> None:
    assert "SECOND_THOUGHTS_PORT" in refused("--port", "many")


def test_a_foreign_address_is_one_sentence() -> None:
    # 192.0.2.1 is reserved for documentation, so no machine has it
    with pytest.raises(StartError, match=r"192\.0\.2\.1 is not an address of this machine"):
        listen(Settings(host="192.0.2.1", allow_remote=True))


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "[::1]"),
        ("::1", "[::1]"),
        ("localhost", "localhost"),
    ],
)
def test_the_address_can_be_opened_here(host: str, shown: str) -> None:
    assert address(Settings(host=host, port=7999, allow_remote=True)) == f"http://{shown}:7999"


def test_starts_answers_and_stops(free: int, tmp_path: Path) -> None:
    model = tiny.write_folder(tmp_path / "tiny-model")
    arguments = ["--model", str(model), "--port", str(free), "--device", "cpu"]
    process = start(*arguments, "--data-dir", str(tmp_path / "data"), "--cache-dir", str(tmp_path / "cache"))
    try:
        status = _ready(f"http://127.0.0.1:{free}", process)
        assert (status["state"], status["active"]) == ("ready", "tiny-model"), status
        with urllib.request.urlopen(f"http://127.0.0.1:{free}/", timeout=PATIENCE) as page:
            assert page.status == 200
        assert (tmp_path / "data" / "second_thoughts.db").is_file()
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert f"http://127.0.0.1:{free}" in said and "tiny-model on cpu" in said and said.rstrip().endswith("Stopped.")
    assert "Traceback" not in errors


def _ready(url: str, process: subprocess.Popen[str]) -> dict[str, object]:
    """Ask for the model until it is ready or has failed; the page may be asked before that."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/api/model", timeout=PATIENCE) as answer:
                status: dict[str, object] = json.load(answer)["status"]
        except (urllib.error.URLError, ConnectionError):
            status = {}
        if status.get("state") in ("ready", "failed"):
            return status
        time.sleep(0.2)
    pytest.fail(f"no model after {PATIENCE} seconds: {process.poll()}")
