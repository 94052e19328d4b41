"""The work of one process on one experiment, from its start to the last cell, or until it is told not to go on."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal

from sqlalchemy.orm import Session as OrmSession

from storage.database import Database, DatabaseError, Locked
from storage.experiments import WORKING, Experiment, Step
from storage.repositories import cell_totals, cell_work
from storage.repositories import experiments as experiment_store
from storage.repositories.cell_work import Worker
from webapp.engine.protocol import EngineGone
from webapp.experiments import capacity
from webapp.experiments.attempt import Attempts
from webapp.experiments.hands import Hands
from webapp.experiments.loading import BY_HAND, Loading
from webapp.experiments.pace import Pace
from webapp.experiments.spec import ExperimentSpec
from webapp.models import canonical
from webapp.runs.engines import EngineHub, ModelNotReady
from webapp.runs.service import RunService

UNEXPECTED = "The work on it ended unexpectedly; the server's log has the details."
HOUR = timedelta(hours=1)
AGAIN = "Resume to grant as much again."

_log = logging.getLogger("second_thoughts.experiments")


class Driver:
    """Claims cells, has them run and settles them, step by step.

    Each step is one transaction, so whatever kills the process between two of them loses no finished cell and repeats
    none. `trouble` says why nothing can be stored at the moment, which for this reason is not stored itself. When it
    was `cut`, it cannot go on, only end.
    """

    def __init__(
        self,
        database: Database,
        hub: EngineHub,
        runs: RunService,
        experiment: Experiment,
        spec: ExperimentSpec,
        pace: Pace,
        *,
        background: bool,
    ) -> None:
        self.trouble = ""
        self.ended = False
        self.cut = False
        self._owner = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._id = experiment.id
        self._since: datetime | None = None  # when it was started last
        self._database = database
        self._hub = hub
        self._spec = spec
        self._pace = pace
        self._background = background
        self._samples = [spec.params(arm).samples for arm in range(len(spec.methods))]
        self._wake = asyncio.Event()
        self._attempts = Attempts(hub, runs, experiment, spec, background=background)
        self._hands = Hands(self._attempts, self._wake.set)
        self._loading = Loading(hub, [canonical(model) for model in spec.models], self._wake.set)
        self._spent = 0  # generated tokens since then
        self._asked = False
        self._closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin in the background."""
        self._task = asyncio.create_task(self._work())

    async def wait(self) -> None:
        """Wait until the work has ended."""
        if self._task is not None:
            await self._task

    def wake(self) -> None:
        """Look at once at where the experiment stands now."""
        self._asked = True
        self._wake.set()

    async def close(self) -> None:
        """Hand back what is at work, to be done by another process, and end."""
        self._closing = True
        await self._cut("interrupt")
        self._wake.set()
        await self.wait()

    async def _work(self) -> None:
        try:
            while not await self._last_step():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._pace.tick)
                self._wake.clear()
        except Exception:
            _log.exception("The work on experiment %s ended", self._id)
            self.trouble = UNEXPECTED
        finally:
            self.ended = True
            await self._loading.close()

    async def _last_step(self) -> bool:
        """Take a step, and return whether none has to follow it."""
        self._asked, idle = False, self._hands.empty
        try:
            step = await self._step()
            await self._follow(step)
            idle = idle and self._hands.empty  # a step that was under way at the close may have claimed cells
            if not idle or (step.status in WORKING and not self._closing):
                return False
            await self._database.write(lambda s: experiment_store.let_go(s, self._id))
        except Locked as error:  # another process holds the database for a while
            _log.warning("Experiment %s waits: %s", self._id, error)
        except DatabaseError as error:
            self._complain(error)
            return self._closing and not self._hands.busy  # the claims run out, and so tell what cannot be stored now
        return not self._asked or self._closing

    async def _step(self) -> Step:
        """Tell what has ended and claim what comes next; where something could not be stored, pause instead."""
        failure, self._hands.failure = self._hands.failure, None
        if failure is not None:
            self._complain(failure)
        now, room, news, trouble = datetime.now(UTC), self._room(), self._hands.news(), self.trouble
        worker = Worker(self._owner, now + timedelta(seconds=self._pace.lease), self._hub.loaded())

        def change(s: OrmSession) -> Step:
            if trouble:
                experiment_store.pause(s, self._id, trouble)
            return cell_work.step(s, self._id, worker, room, news, now)

        step = await self._database.write(change)
        self.trouble = ""
        self._hands.told(news)
        self._hands.begin(step.claimed)
        await self._count(step)
        return step

    async def _count(self, step: Step) -> None:
        """Count what was spent since the start; that of other processes is counted at the next one."""
        if step.since == self._since:
            self._spent += step.spent.generated_tokens
            return
        self._since = since = step.since
        self._spent = await self._database.read(lambda s: cell_totals.spent_since(s, self._id, since))

    async def _follow(self, step: Step) -> None:
        """Do what a step calls for beside its cells."""
        if step.status == "cancelled" and not self.cut:
            await self._cut("cancel")
        if step.status not in WORKING or self._closing:
            return
        if reason := self._over_budget():
            await self._database.write(lambda s: experiment_store.pause(s, self._id, reason))
            self._wake.set()
        elif step.load_models and self._loading.replaced_by_hand():
            await self._database.write(lambda s: experiment_store.allow_loading(s, self._id, False, BY_HAND))
        elif step.load_models and step.here == 0 and self._hands.empty:
            await self._give_up(self._loading.failures)
            if (model := self._loading.wanted(step.elsewhere or {})) is not None:
                self._loading.begin(model)

    async def _give_up(self, failures: dict[str, str]) -> None:
        """Say of the cells whose model cannot be had why they cannot be done."""
        for model, reason in list(failures.items()):
            await self._database.write(
                partial(cell_work.fail_waiting, experiment_id=self._id, model=model, error=reason)
            )
            del failures[model]
            self._wake.set()

    def _room(self) -> int:
        """Return how many cells may be claimed."""
        if self._closing or self.cut or self.trouble or self._loading.busy or self._over_budget():
            return 0
        try:
            wanted = capacity.rows(self._hub.engine(), background=self._background)
        except ModelNotReady:
            return 0
        texts = [capacity.texts(samples) for samples in self._samples]
        return capacity.room(wanted, self._hands.texts(lambda cell: self._samples[cell.arm]), sum(texts) / len(texts))

    def _over_budget(self) -> str:
        """Return why the experiment has to pause, if its budget is spent."""
        tokens, hours = self._spec.budget.tokens, self._spec.budget.hours
        if tokens is not None and self._spent >= tokens:
            return f"The budget of {tokens:,} generated tokens is spent ({self._spent:,}). {AGAIN}"
        if hours is not None and self._since and (datetime.now(UTC) - self._since) / HOUR >= hours:
            return f"The {hours:g} hours of its budget are over. {AGAIN}"
        return ""

    def _complain(self, error: DatabaseError | EngineGone) -> None:
        if str(error) != self.trouble:
            _log.error("Experiment %s cannot go on: %s", self._id, error)
        self.trouble = str(error)

    async def _cut(self, how: Literal["interrupt", "cancel"]) -> None:
        self.cut = True
        await self._attempts.cut(how)
