"""Which model answers while an experiment is worked on: brings those it needs, one after the other, where allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from webapp.runs.engines import EngineHub, ModelNotReady

BY_HAND = (
    "Another model was loaded by hand, so no further one is loaded for this experiment until you allow it again."
)


class Loading:
    """Loads models for one experiment; `order` is that of its spec, `done` is called when a load has ended.

    `failures` says of each model that could not be had why.
    """

    def __init__(self, hub: EngineHub, order: Sequence[str], done: Callable[[], None]) -> None:
        self.failures: dict[str, str] = {}
        self._hub = hub
        self._order = order
        self._done = done
        self._expected = hub.loaded()
        self._task: asyncio.Task[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether a model is on its way."""
        return self._task is not None and not self._task.done()

    def replaced_by_hand(self) -> bool:
        """Say once whether a person has loaded another model than the one that answered here last."""
        now = self._hub.loaded()
        if self.busy or now is None or now == self._expected:
            return False
        before, self._expected = self._expected, now
        return before is not None

    def wanted(self, waiting: Mapping[str, int]) -> str | None:
        """Return the model to load next, of those that cells wait for; None while one is on its way."""
        if self.busy or self._somebody_loads():
            return None
        return next((model for model in self._order if waiting.get(model)), None)

    def begin(self, model: str) -> None:
        """Begin to load a model."""
        self._task = asyncio.create_task(self._load(model))

    async def close(self) -> None:
        """Wait no longer for a model that is on its way; the hub goes on with it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def _somebody_loads(self) -> bool:
        try:
            self._hub.engine()
        except ModelNotReady:
            return self._hub.status().state != "failed"
        return False

    async def _load(self, model: str) -> None:
        status = await self._hub.switch(model)
        if self._hub.loaded() == model:
            self._expected = model
        else:
            self.failures[model] = status.error or f"{status.name} could not be loaded."
        self._done()
