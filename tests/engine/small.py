"""The smallest engine there is: a random model of 264 tokens, for tests of who runs when and of what is refused."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import torch

from tests.models import tiny
from webapp.engine.cache import BUCKET
from webapp.engine.local import LocalEngine
from webapp.engine.memory import weight_bytes
from webapp.engine.protocol import Prompt

SHORT = Prompt.user("Why?")
CONTEXT = 256
TOKEN = 2 * 2 * 4 * 8 * 4  # bytes: keys and values of 2 layers, 4 heads of 8 float32 numbers
WEIGHTS = weight_bytes(tiny.model(), "plain")


@asynccontextmanager
async def small(max_batch: int = 4, *, remembers: bool = False, memory: int = 0) -> AsyncIterator[LocalEngine]:
    """Yield an engine whose texts never end by themselves."""
    engine = LocalEngine(tiny.model(), tiny.tokenizer(), id="small", max_batch=max_batch, memory=memory)
    if not remembers:
        engine._forward.prefixes.limit = 0
    engine.chat.end_ids = frozenset()
    try:
        yield engine
    finally:
        await engine.close()


def room(rows: int) -> int:
    """Return the memory in which so many rows of a short text can run at once."""
    return WEIGHTS + 2 * rows * BUCKET * TOKEN


async def until(holds: Callable[[], object]) -> None:
    """Return once something holds that another thread brings about."""
    for _ in range(30_000):
        if holds():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("waited in vain")


class Watch:
    """Counts the passes of an engine's model, in their order, and can hold the model's thread at one of them."""

    def __init__(self, engine: LocalEngine) -> None:
        self.engine = engine
        self.passes: list[tuple[str, int]] = []  # ("read", tokens) or ("step", rows)
        self.gates: dict[tuple[str, int], threading.Event] = {}
        self._wrap("read", lambda cache, slot, ids, start: ("read", len(ids)))
        self._wrap("step", lambda tokens, lengths: ("step", len(tokens)))

    def count(self, kind: str) -> int:
        return sum(name == kind for name, _ in self.passes)

    def tokens_read(self) -> int:
        return sum(size for name, size in self.passes if name == "read")

    @asynccontextmanager
    async def held(self, kind: str, number: int) -> AsyncIterator[None]:
        """Hold the model at its n-th pass of a kind, for as long as it takes to hand something over to it."""
        gate = self.gates[kind, number] = threading.Event()
        await until(lambda: self.count(kind) >= number)
        yield
        await until(self.engine._worker.inbox.qsize)
        gate.set()

    def _wrap(self, name: str, describe: Callable[..., tuple[str, int]]) -> None:
        inner = getattr(self.engine._forward, name)

        def counted(*args: object) -> torch.Tensor:
            self.passes.append(describe(*args))
            gate = self.gates.get((name, self.count(name)))
            if gate is not None:
                gate.wait(30)
            return inner(*args)

        setattr(self.engine._forward, name, counted)
