"""One live run: its turn, its method, its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from storage.database import Database, DatabaseError
from storage.records import FinishReason, Outcome, Run, RunStatus, VerdictValue
from storage.repositories import runs as run_store
from webapp.engine.protocol import Caller, Engine, EngineError, EngineGone
from webapp.methods.interface import Answer, CannotGoOn, MethodParams, MethodSpec
from webapp.runs import announce
from webapp.runs.budget import Budget, BudgetSpent
from webapp.runs.calls import Calls
from webapp.runs.context import MethodContext
from webapp.runs.inputs import Input
from webapp.runs.limits import Limits
from webapp.runs.log import RunLog
from webapp.runs.outcome import begun, conclude
from webapp.runs.progress import Progress
from webapp.runs.recorder import Recorder
from webapp.runs.turns import Turns

_log = logging.getLogger("second_thoughts.runs")

CUT: dict[RunStatus, FinishReason] = {"cancelled": "cancelled", "interrupted": "interrupted", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Work:
    """What a run has to do, besides its record; `first` is the first attempt where the run itself has none."""

    params: MethodParams
    perform: Callable[[MethodContext, Calls], Awaitable[Answer]]
    spec: MethodSpec | None = None
    inputs: Sequence[Input] = ()
    first: tuple[str | None, VerdictValue] | None = None


class LiveRun:
    """A run of this process from its launch to its end; `log` is what viewers follow."""

    def __init__(
        self, run: Run, work: Work, engine: Engine, caller: Caller, database: Database, limits: Limits
    ) -> None:
        self.run = run
        self.log = RunLog(run.id, [announce.opened(run, work.spec)])
        self.background = caller.background
        self._person = caller.person
        self._work = work
        self._database = database
        self._autosave_seconds = limits.autosave
        budget = Budget(limits.run_tokens, limits.run_calls)
        self._progress = Progress(self.log, budget)
        self._recorder = Recorder(database, run, self.log, budget, self._progress)
        self._calls = Calls(engine, caller, self._recorder, budget, self._progress)
        self._context = MethodContext(
            run, work.params, engine, self._calls, self._recorder, self._progress, work.inputs
        )
        self.unstored: DatabaseError | None = None  # what kept it from being stored, if anything did
        self.gone: EngineGone | None = None  # what took its model away, if anything did
        self._task: asyncio.Task[None] | None = None
        self._begun = False
        self._cut: tuple[RunStatus, str] | None = None

    def start(self, turns: Turns) -> None:
        """Begin in the background, when its turn comes."""
        self._task = asyncio.create_task(self._live(turns))

    def stop(self, status: RunStatus = "cancelled", error: str = "") -> None:
        """End the run now; to stop twice, or after the end, changes nothing."""
        if self._task is not None and self._cut is None and self.run.live:
            self._cut = status, error
            if self._begun:  # a task that is cancelled before its first step would never come to its end
                self._task.cancel()

    async def wait(self) -> None:
        """Wait until the run has ended and everything of it is stored."""
        if self._task is not None:
            await asyncio.wait({self._task})

    async def _live(self, turns: Turns) -> None:
        outcome: Outcome | None = None
        ending: tuple[RunStatus, str] = ("finished", "")
        self._begun = True
        try:
            if self._cut is not None:
                raise asyncio.CancelledError
            async with turns.turn(self._person, self._progress.waiting):
                outcome = await self._perform()
        except asyncio.CancelledError:
            ending = self._cut or ("interrupted", "")
        except DatabaseError as error:
            self.unstored = error
            ending = ("failed", str(error))
        except EngineGone as error:
            self.gone = error
            ending = ("interrupted", str(error))
        except (CannotGoOn, EngineError, BudgetSpent) as error:
            ending = ("failed", str(error))
        except Exception as error:
            _log.exception("Run %s failed", self.run.id)
            ending = ("failed", _unexpected(error))
        await self._end(*ending, outcome)

    async def _perform(self) -> Outcome:
        self.run = replace(self.run, status="running", started_at=datetime.now(UTC))
        self._progress.start()
        await self._database.write(lambda s: run_store.set_status(s, self.run.id, "running", self.run.started_at))
        saver = asyncio.create_task(self._autosave())
        try:
            answer = await self._work.perform(self._context, self._calls)
            return await conclude(self.run.problem, answer, self._recorder.generations.values())
        finally:
            saver.cancel()
            await self._calls.close()

    async def _end(self, status: RunStatus, error: str, outcome: Outcome | None) -> None:
        self.run = replace(self.run, status=status, error=error, finished_at=datetime.now(UTC))
        try:
            await self._recorder.abandon(CUT.get(status, "failed"))
            if outcome is None:
                outcome = await self._first_attempts()
            if self._work.first is not None:
                first_answer, first_verdict = self._work.first
                outcome = replace(outcome, first_answer=first_answer, first_verdict=first_verdict)
            self.run = replace(
                self.run, outcome=outcome, cost=self._progress.cost(), oracle=self._context.oracle.opened
            )
            await self._database.write(lambda s: run_store.finish(s, self.run))
        except DatabaseError as failure:
            _log.error("Run %s could not be stored: %s", self.run.id, failure)
            self.unstored = failure
            self.run = replace(self.run, status="failed", error=str(failure))
        self.log.append(announce.standing(self.run), announce.ended(self.run))
        self.log.close()

    async def _first_attempts(self) -> Outcome:
        """Return the outcome of a run that did not finish; whatever goes wrong with it, the run must end."""
        try:
            return await begun(self.run.problem, self._recorder.generations.values())
        except Exception:
            _log.exception("The first attempts of run %s could not be compared", self.run.id)
            return Outcome()

    async def _autosave(self) -> None:
        try:
            while True:
                await asyncio.sleep(self._autosave_seconds)
                await self._recorder.autosave()
        except DatabaseError as error:
            self.unstored = error
            self.stop("failed", str(error))


def _unexpected(error: Exception) -> str:
    return f"The method stopped with an unexpected {type(error).__name__}; the server's log has the details."
