"""Who watches which run, for the setting that a run stops when nobody does."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Viewers:
    """Counts viewers; calls `left` with a run's id when its last viewer has been gone for `grace` seconds."""

    def __init__(self, grace: float, left: Callable[[str], None]) -> None:
        self._grace = grace
        self._left = left
        self._watching: Counter[str] = Counter()
        self._leaving: dict[str, asyncio.TimerHandle] = {}

    @contextmanager
    def watching(self, run_id: str) -> Iterator[None]:
        """Count one viewer of a run."""
        self._watching[run_id] += 1
        if (timer := self._leaving.pop(run_id, None)) is not None:
            timer.cancel()
        try:
            yield
        finally:
            self._watching[run_id] -= 1
            if not self._watching[run_id]:
                del self._watching[run_id]
                timer = asyncio.get_running_loop().call_later(self._grace, self._gone, run_id)
                self._leaving[run_id] = timer

    def close(self) -> None:
        """Forget who is about to leave."""
        for timer in self._leaving.values():
            timer.cancel()
        self._leaving.clear()

    def _gone(self, run_id: str) -> None:
        del self._leaving[run_id]
        self._left(run_id)
