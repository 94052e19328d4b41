"""One attempt at a cell: its run, launched and waited for, and what becomes of the cell when there is no such run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from storage.database import DatabaseError
from storage.errors import ClaimLost
from storage.experiments import Cell, Experiment
from webapp.engine.protocol import EngineGone
from webapp.experiments.spec import ExperimentSpec
from webapp.runs.engines import EngineHub
from webapp.runs.request import BadRequest, RunRequest
from webapp.runs.service import RunService

End: TypeAlias = Literal["ended", "refused", "back"]


@dataclass(frozen=True, slots=True)
class Attempted:
    """How an attempt ended.

    The run has `ended` and its record says how; or it was `refused`, for the reason given, as every other attempt
    would be; or the cell has to go `back` and be done again, because of `failure` or of another model.
    """

    end: End
    reason: str = ""
    failure: DatabaseError | EngineGone | None = None


class Attempts:
    """Makes the runs of one experiment; `cut` ends those at work and all that come after."""

    def __init__(
        self, hub: EngineHub, runs: RunService, experiment: Experiment, spec: ExperimentSpec, *, background: bool
    ) -> None:
        self._hub = hub
        self._runs = runs
        self._experiment = experiment
        self._spec = spec
        self._background = background
        self._live: set[str] = set()
        self._cut: Literal["interrupt", "cancel"] | None = None

    async def make(self, cell: Cell) -> Attempted:
        """Do a cell: returns when its run has ended."""
        if self._cut is not None or self._hub.loaded() != cell.model:
            return Attempted("back")
        try:
            # Nothing is awaited between the look at the model and this launch taking hold of it.
            [run] = await self._runs.launch([self._request(cell)], person=self._experiment.person_id)
        except BadRequest as refusal:
            return self._refused(refusal)
        self._live.add(run)
        if self._cut is not None:
            await self._end(run)
        failure = await self._runs.wait(run)
        self._live.discard(run)
        return Attempted("ended") if failure is None else Attempted("back", failure=failure)

    async def cut(self, how: Literal["interrupt", "cancel"]) -> None:
        """End all runs now: interrupted, to be done again, or cancelled for good."""
        self._cut = how
        for run in tuple(self._live):
            await self._end(run)

    def _request(self, cell: Cell) -> RunRequest:
        return RunRequest(
            problem=cell.problem,
            method=cell.method,
            params=self._spec.methods[cell.arm].params,
            seed=cell.seed,
            session_id=self._experiment.session_id,
            background=self._background,
            run_id=cell.run_id,
            claimed=True,
            run_tokens=self._spec.budget.run_tokens,
        )

    def _refused(self, refusal: BadRequest) -> Attempted:
        if isinstance(refusal.__cause__, ClaimLost):
            return Attempted("back")
        if isinstance(refusal.__cause__, DatabaseError):
            return Attempted("back", failure=refusal.__cause__)
        if self._cut is not None or self._hub.loaded() is None:
            return Attempted("back")
        return Attempted("refused", str(refusal))

    async def _end(self, run: str) -> None:
        if self._cut == "cancel":
            self._runs.cancel(run)
        else:
            await self._runs.interrupt(run)
