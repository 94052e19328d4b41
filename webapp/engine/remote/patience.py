"""How long a server is waited for, and how often it is asked again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from webapp.engine.remote.errors import Transient

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds, but for `attempts`, the calls made before giving up where none of them gets any further.

    `silence` is the longest time without a byte: a request may wait in the server's own queue that long.
    """

    connect: float = 10.0
    silence: float = 300.0
    attempts: int = 6
    first: float = 0.5
    longest: float = 30.0

    def delay(self, failures: int, wait: float | None) -> float:
        """Return how long to wait after so many failures: doubling, with jitter, or as the server says."""
        grown = min(self.first * 2.0 ** (failures - 1), self.longest)
        return min(wait, self.longest) if wait is not None else grown * random.uniform(0.5, 1.0)

    async def again(self, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call until it works.

        Raises:
            Transient: when it never does.

        """
        failures = 0
        while True:
            try:
                return await call()
            except Transient as trouble:
                failures += 1
                if failures >= self.attempts:
                    raise
                await asyncio.sleep(self.delay(failures, trouble.wait))
