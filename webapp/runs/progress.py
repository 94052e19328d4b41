"""What a live run tells about itself: status, what it does, how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from storage.records import Cost, RunStatus
from webapp.events import RunProgress
from webapp.runs.budget import Budget
from webapp.runs.log import RunLog

INTERVAL = 0.5  # seconds between two progress events while only tokens come


class Progress:
    """Appends progress events to a run's log, not more often than a person can read them."""

    def __init__(self, log: RunLog, budget: Budget, clock: Callable[[], float] = time.monotonic) -> None:
        self._log = log
        self._budget = budget
        self._clock = clock
        self._begun = self._told = clock()
        self._status: RunStatus = "queued"
        self._doing = ""
        self._position: int | None = None
        self._people: int | None = None
        self._drawn = 0

    def now(self) -> float:
        """Return seconds since the run started (while it is queued: since it was launched)."""
        return self._clock() - self._begun

    def start(self) -> None:
        """Begin the clock: the run has its turn."""
        self._begun = self._clock()
        self._status, self._position = "running", None
        self.tell()

    def waiting(self, position: int, people: int | None = None) -> None:
        """Say how many are before the run, or before its request to the model, and how many people share it."""
        if (position, people) != (self._position, self._people):
            self._position, self._people = position, people
            self.tell()

    def doing(self, what: str) -> None:
        """Say what the method is doing now."""
        self._doing = what
        self.tell()

    def drew(self, tokens: int) -> None:
        """Count tokens that came, of texts that are not finished (negative: now counted by the budget)."""
        self._drawn += tokens
        if tokens > 0 and self._position is not None:
            self._position = None
            self.tell()
        elif self._clock() - self._told >= INTERVAL:
            self.tell()

    def cost(self) -> Cost:
        """Return what the run has cost so far; its seconds are wall-clock."""
        return replace(self._budget.spent, seconds=self.now())

    def tell(self) -> None:
        """Append an event that says where the run stands."""
        self._told = self._clock()
        spent = self._budget.spent
        self._log.append(
            RunProgress(
                status=self._status,
                doing=self._doing,
                queue_position=self._position,
                queue_people=None if self._position is None else self._people,
                generated_tokens=spent.generated_tokens + self._drawn,
                expected_tokens=self._budget.expected,
                prompt_tokens=spent.prompt_tokens,
                calls=spent.calls,
                seconds=round(self.now(), 2),
            )
        )
