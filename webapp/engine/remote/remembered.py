"""Answers that are asked for once: the prompt just answered is often continued, scored and judged."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

KEPT = 256


class Remembered(Generic[K, V]):
    """The latest answers by question."""

    def __init__(self, ask: Callable[[K], Awaitable[V]]) -> None:
        self._ask = ask
        self._kept: OrderedDict[K, V] = OrderedDict()

    def known(self, question: K) -> V | None:
        """Return the answer if it is at hand."""
        return self._kept.get(question)

    async def get(self, question: K) -> V:
        """Return the answer, asking for it if it is not at hand."""
        if question not in self._kept:
            self._kept[question] = await self._ask(question)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(question)
        return self._kept[question]
