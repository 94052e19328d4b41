"""The cells in the hands of this process: those at work, and what is to be told of those that came to nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from storage.database import DatabaseError, Locked
from storage.experiments import Cell
from storage.repositories.cell_work import News
from webapp.engine.protocol import EngineGone
from webapp.experiments import capacity
from webapp.experiments.attempt import Attempted, Attempts

UNEXPECTED = "The run could not be started, for an unexpected reason; the server's log has the details."

_log = logging.getLogger("second_thoughts.experiments")


class Hands:
    """Works on claimed cells; `changed` is called whenever one has ended.

    `failure` is what kept a run from being stored, or took its model away, until it is taken away.
    """

    def __init__(self, attempts: Attempts, changed: Callable[[], None]) -> None:
        self.failure: DatabaseError | EngineGone | None = None
        self._attempts = attempts
        self._changed = changed
        self._live: dict[int, Cell] = {}
        self._refused: dict[int, str] = {}
        self._back: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def busy(self) -> bool:
        """Whether something is at work."""
        return bool(self._live)

    @property
    def empty(self) -> bool:
        """Whether nothing is at work and nothing is left to be told."""
        return not (self._live or self._refused or self._back)

    def begin(self, cells: Iterable[Cell]) -> None:
        """Work on cells."""
        for cell in cells:
            self._live[cell.position] = cell
            task = asyncio.create_task(self._work(cell))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def texts(self, samples: Callable[[Cell], int]) -> list[float]:
        """Return how many texts each cell at work draws at once, on average."""
        return [capacity.texts(samples(cell)) for cell in self._live.values()]

    def news(self) -> News:
        """Return what is to be told now."""
        return News(dict(self._refused), frozenset(self._back), frozenset(self._live))

    def told(self, news: News) -> None:
        """Forget what was told and is stored."""
        for position in news.refused:
            del self._refused[position]
        self._back -= set(news.back)

    async def _work(self, cell: Cell) -> None:
        try:
            attempted = await self._attempts.make(cell)
        except Exception:
            _log.exception("Cell %d of experiment %s could not be started", cell.position, cell.experiment_id)
            attempted = Attempted("refused", UNEXPECTED)
        # Nothing is awaited from here on: a cell is either at work or told, never both.
        if self._live.get(cell.position) is not cell:
            return  # the claim was lost and won again: another attempt is at work on it
        del self._live[cell.position]
        if attempted.end == "refused":
            self._refused[cell.position] = attempted.reason
        elif attempted.end == "back":
            self._back.add(cell.position)
        if attempted.failure is not None and not isinstance(attempted.failure, Locked):
            self.failure = attempted.failure
        self._changed()
