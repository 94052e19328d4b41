"""A steered call of a run: every life of its texts is a generation, a copy begins with what its ancestor said."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from storage.records import Generation
from webapp.engine.lives import Forked, Noted
from webapp.engine.protocol import EngineError, Generated, Queued, Sampling, SteerEvent, TokenBatch
from webapp.methods.interface import Steered
from webapp.runs.budget import Budget
from webapp.runs.progress import Progress
from webapp.runs.recorder import Recorder
from webapp.runs.writing import Writing


@dataclass(frozen=True, slots=True)
class Life:
    """One text of a call, and the sample in whose place it stands."""

    writing: Writing
    place: int


class SteeredTexts:
    """Records what one call tells, event by event."""

    def __init__(
        self,
        recorder: Recorder,
        budget: Budget,
        progress: Progress,
        sampling: Sampling,
        begun: Sequence[Writing],
        begin: Callable[[int, Generation, Sequence[int]], Writing],
    ) -> None:
        """`begin` begins the generation of a copy in a place, given that of its ancestor and what that has said."""
        self._recorder, self._budget, self._progress = recorder, budget, progress
        self._most = sampling.max_tokens
        self._lives = [Life(writing, place) for place, writing in enumerate(begun)]
        self._begin = begin
        self._stored: dict[int, asyncio.Task[Generation]] = {}
        self._notes: list[Noted] = []

    @property
    def writings(self) -> list[Writing]:
        """All texts that were begun."""
        return [life.writing for life in self._lives]

    def hear(self, event: SteerEvent) -> asyncio.Task[Generation] | None:
        """Take an event; return the task that stores a text, where it ended one."""
        match event:
            case Queued(position):
                self._progress.waiting(position)
            case TokenBatch(sample=life, trace=rows, origins=origins):
                self._recorder.add(self._lives[life].writing, rows, origins)
            case Forked():
                self._fork(event)
            case Noted():
                self._notes.append(event)
            case Generated():
                return self._finish(event)
        return None

    async def all(self) -> Steered:
        """Return what was drawn, once it is stored."""
        if len(self._stored) < len(self._lives):
            raise EngineError("The model stopped before every text was finished.")
        stored = await asyncio.gather(*(self._stored[life] for life in range(len(self._lives))))
        return Steered(tuple(stored), tuple(self._notes))

    def _fork(self, event: Forked) -> None:
        ancestor, dropped = self._lives[event.of], self._lives[event.instead]
        rows, origins = ancestor.writing.first(event.at)
        writing = self._begin(dropped.place, ancestor.writing.generation, rows.ids.tolist())
        self._recorder.give(writing, rows, origins)
        self._reserve(writing, event)
        self._lives.append(Life(writing, dropped.place))

    def _reserve(self, writing: Writing, event: Forked) -> None:
        """Hand on to a copy what is reserved for the rest of the text whose place it takes."""
        left, dropped = self._most - event.at, self._lives[event.instead].writing
        if event.instead in self._stored:  # it had ended, and what was left of its reservation is released
            self._budget.reserve(left)
        else:
            dropped.reserved -= left
        writing.reserved = left

    def _finish(self, result: Generated) -> asyncio.Task[Generation]:
        writing = self._lives[result.sample].writing
        # The prompts are read once for all texts of a call, so only one of them is charged for it.
        charged = 0 if self._stored else result.prompt_tokens
        store = self._recorder.prune if result.finish_reason == "pruned" else self._recorder.finish
        task = asyncio.create_task(store(writing, result, prompt_tokens=charged))
        self._stored[result.sample] = task
        return task
