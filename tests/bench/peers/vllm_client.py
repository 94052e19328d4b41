"""vLLM in an environment and a process of its own, spoken to in lines of JSON."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.bench.peers.side import ALTERNATIVES, TEMPERATURE, Cannot, Side, Spelling, Texts
from webapp.engine.protocol import Prompt

PROGRAM = Path(__file__).with_name("vllm_process.py")
LONGEST_LINE = 1 << 28
LOOK = 0.3  # seconds between two looks at the processor time it has used
IDLE = 0.01  # processor seconds in that time below which it rests; the system counts in hundredths
PATIENCE = 60.0  # seconds it may take to come to rest; it polls for one second after a request


class Vllm(Side):
    """Only the top 20 of every token: it has no full-vocabulary entropy. Prefix caching is on.

    It is measured by the clock of its own process, so the pipe and the JSON cost it nothing.
    """

    name = "vllm"

    def __init__(self, process: asyncio.subprocess.Process, log: Path, spelling: Spelling) -> None:
        self.process, self.log, self.spelling = process, log, spelling
        self.spent = 0.0
        self.about = ""

    @staticmethod
    async def start(python: Path, folder: Path, spelling: Spelling, dtype: str, cores: str) -> Vllm:
        """Load a model; returns when it can be asked, which takes minutes where it has to compile first.

        Raises:
            RuntimeError: when it does not start, with the end of what it wrote.

        """
        descriptor, log = tempfile.mkstemp(prefix="vllm-", suffix=".log")
        settings = {"model": str(folder), "dtype": dtype, "max_logprobs": ALTERNATIVES}
        process = await asyncio.create_subprocess_exec(
            python, PROGRAM, json.dumps(settings), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=descriptor, limit=LONGEST_LINE, env=_environment(cores),
        )  # fmt: skip
        os.close(descriptor)
        side = Vllm(process, Path(log), spelling)
        ready = await side._answer()
        side.about = f"vLLM {ready['version']}, {dtype}, {side._bound()}; top {ALTERNATIVES} only; log: {log}"
        await side.settle()
        return side

    def clock(self) -> float:
        return self.spent

    async def texts(self, prompts: Sequence[Prompt], n: int, tokens: int) -> Texts:
        answer = await self._ask(prompts, n, tokens)
        if any(len(ids) < tokens for ids in answer["ids"]):
            raise Cannot(f"its context has no room for {tokens} tokens after the prompt")
        return [self.spelling.text(ids) for ids in answer["ids"]]

    async def judge(self, prompts: Sequence[Prompt]) -> list[float | None]:
        answer = await self._ask(prompts, 1, 1)
        return [self.spelling.odds(dict(first)) for first in answer["first"]]

    async def two_people(self, first: Prompt, second: Prompt, n: int, tokens: int) -> None:
        await self.texts([first, second], n, tokens)

    async def settle(self) -> None:
        async with asyncio.timeout(PATIENCE):
            used = self._used()
            while True:
                await asyncio.sleep(LOOK)
                before, used = used, self._used()
                if used - before <= IDLE:
                    return

    async def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        await self.process.wait()

    async def _ask(self, prompts: Sequence[Prompt], n: int, tokens: int) -> dict[str, Any]:
        question = {
            "prompts": [self.spelling.ids(prompt) for prompt in prompts],
            "sampling": {
                "n": n, "max_tokens": tokens, "temperature": TEMPERATURE, "logprobs": ALTERNATIVES,
                "ignore_eos": True, "detokenize": False, "flat_logprobs": True,
            },
        }  # fmt: skip
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        await self.process.stdin.drain()
        answer = await self._answer()
        if "error" in answer:
            raise Cannot(answer["error"])
        self.spent += answer["seconds"]
        return answer

    async def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        if not line:
            await self.process.wait()
            end = "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-20:])
            raise RuntimeError(f"vLLM has ended; {self.log} ends with:\n{end}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _processes(self) -> list[psutil.Process]:
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def _used(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self._processes())

    def _bound(self) -> str:
        """Return the cores that the threads of each of its processes may use; its worker is the one that computes."""
        bound = {
            p.name(): {c for thread in p.threads() for c in os.sched_getaffinity(thread.id)}
            for p in self._processes()
        }
        return ", ".join(f"{name} on cores {','.join(map(str, sorted(cores)))}" for name, cores in bound.items())


def _environment(cores: str) -> dict[str, str]:
    """Return this process's environment without the thread count of the tests, and with vLLM's settings."""
    own = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    return own | {
        "VLLM_CPU_OMP_THREADS_BIND": cores,
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
    }
