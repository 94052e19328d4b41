"""The smallest engine there is: a random model of 264 tokens, for tests of who runs when and of what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import torch

from tests.models import tiny
from webapp.engine.local import LocalEngine
from webapp.engine.protocol import Prompt

SHORT = Prompt.user("Why?")
CONTEXT = 256


@asynccontextmanager
async def small(max_batch: int = 4) -> AsyncIterator[LocalEngine]:
    """Yield an engine whose texts never end by themselves."""
    engine = LocalEngine(tiny.model(), tiny.tokenizer(), id="small", max_batch=max_batch)
    engine.chat.end_ids = frozenset()
    try:
        yield engine
    finally:
        await engine.close()


class Watch:
    """Counts the passes of an engine's model, in their order."""

    def __init__(self, engine: LocalEngine) -> None:
        self.passes: list[tuple[str, int]] = []  # ("read", tokens) or ("step", rows)
        self._wrap(engine, "read", lambda cache, slot, ids, start: ("read", len(ids)))
        self._wrap(engine, "step", lambda tokens, lengths: ("step", len(tokens)))

    def count(self, kind: str) -> int:
        return sum(name == kind for name, _ in self.passes)

    def tokens_read(self) -> int:
        return sum(size for name, size in self.passes if name == "read")

    def _wrap(self, engine: LocalEngine, name: str, describe: Callable[..., tuple[str, int]]) -> None:
        inner = getattr(engine._forward, name)

        def counted(*args: object) -> torch.Tensor:
            self.passes.append(describe(*args))
            return inner(*args)

        setattr(engine._forward, name, counted)
