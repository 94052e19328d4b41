"""Experiments as pages and the command line know them: make, estimate, start, pause, resume, cancel, retry, look."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session as OrmSession

from storage.database import Database
from storage.experiments import (
    WORKING,
    ArmTotals,
    CellFilter,
    CellRow,
    Experiment,
    ExperimentRow,
    ExperimentStatus,
    Place,
)
from storage.ids import new_id
from storage.records import Page, Problem, Session
from storage.repositories import cell_totals, cell_work
from storage.repositories import cells as cell_store
from storage.repositories import experiments as experiment_store
from storage.repositories import sessions as session_store
from webapp.experiments import export, grid
from webapp.experiments.driver import Driver
from webapp.experiments.estimate import Span, estimate
from webapp.experiments.pace import Pace
from webapp.experiments.results import Result, results
from webapp.experiments.spec import ExperimentSpec
from webapp.experiments.standing import WINDOW, Standing, standing
from webapp.runs.asking import Asking
from webapp.runs.engines import EngineHub
from webapp.runs.request import BadRequest
from webapp.runs.service import RunService

SPANS = 300  # of the last runs, from which the speed is taken


class ExperimentService(Asking):
    """Makes experiments and works on them in this process; several processes may work on one.

    Every method raises BadRequest with a sentence where the database cannot be used, or what is asked for makes no
    sense for that experiment.
    """

    def __init__(
        self, database: Database, hub: EngineHub, runs: RunService, place: Place = "server", pace: Pace | None = None
    ) -> None:
        super().__init__(database)
        self._hub = hub
        self._runs = runs
        self._place = place
        self._pace = pace or Pace()
        self._drivers: dict[str, Driver] = {}
        self._closing = False

    async def open(self) -> None:
        """Go on with the experiments that a process in this place was working on when it ended."""
        for experiment_id in await self._read(lambda s: experiment_store.working(s, self._place)):
            try:
                await self._drive(experiment_id)
            except BadRequest as refusal:  # a method of its spec is not installed any more
                await self._write(partial(experiment_store.pause, experiment_id=experiment_id, note=str(refusal)))

    async def close(self) -> None:
        """Hand back the cells at work, to be done again; experiments that are worked on stay so."""
        self._closing = True
        await asyncio.gather(*(driver.close() for driver in self._drivers.values() if not driver.ended))

    async def create(
        self, spec: ExperimentSpec, problems: Sequence[Problem], *, person: str, load_models: bool = False
    ) -> str:
        """Store an experiment of these problems as a draft, in a session of its own, and return its id."""
        grid.size(spec, problems)
        now = datetime.now(UTC)
        session = Session(new_id(), person, spec.name, now, now)
        experiment = Experiment(
            new_id(), person, session.id, spec.name, spec.model_dump(mode="json"), now, place=self._place,
            load_models=load_models,
        )  # fmt: skip
        cells = await asyncio.to_thread(lambda: list(grid.cells(experiment.id, spec, problems)))

        def store(s: OrmSession) -> None:
            session_store.create(s, session)
            experiment_store.create(s, experiment)
            cell_store.add_all(s, cells)

        await self._write(store)
        return experiment.id

    async def probe(self, experiment_id: str) -> None:
        """Do the cells from which a draft's cost and time are estimated."""
        experiment = await self.get(experiment_id)
        if experiment.status != "draft":
            raise BadRequest("Only a draft is tried out; this experiment has been started already.")
        await self._begin(experiment_id, "probing")

    async def start(self, experiment_id: str) -> None:
        """Start or resume; cells that were called off wait again."""
        experiment = await self.get(experiment_id)
        if experiment.status == "running" and self.works_on(experiment_id):
            raise BadRequest("The experiment is running already.")
        if experiment.status == "finished":
            raise BadRequest("The experiment is finished. Its failed cells, if there are any, can be retried.")
        if experiment.status == "cancelled":
            await self.wait(experiment_id)  # what is still being stopped would count as stopped by hand
        if experiment.status == "running":  # another process works on it, or did so until it was killed
            await self._drive(experiment_id)
            return
        await self._write(lambda s: cell_work.requeue(s, experiment_id, ["cancelled"]))
        await self._begin(experiment_id, "running")

    async def pause(self, experiment_id: str) -> None:
        """Begin no further cells; those at work come to their end."""
        if (await self.get(experiment_id)).status not in WORKING:
            raise BadRequest("The experiment is not running.")
        await self._change(experiment_id, lambda s: experiment_store.pause(s, experiment_id))

    async def cancel(self, experiment_id: str) -> None:
        """Call off all cells that are not done, and stop those at work."""
        if (await self.get(experiment_id)).status in ("finished", "cancelled"):
            raise BadRequest("The experiment has ended already.")

        def change(s: OrmSession) -> None:
            experiment_store.cancel(s, experiment_id)
            cell_work.call_off(s, experiment_id)

        await self._change(experiment_id, change)

    async def retry(self, experiment_id: str) -> None:
        """Let the failed cells be done again; those that were called off stay so."""
        status = (await self.get(experiment_id)).status
        if status == "cancelled":
            await self.wait(experiment_id)  # what is still being stopped would count as stopped by hand
        if not await self._write(lambda s: cell_work.requeue(s, experiment_id, ["failed"])):
            raise BadRequest("No cell of this experiment has failed.")
        if status in WORKING:
            await self._drive(experiment_id)
        elif status != "draft":
            await self._begin(experiment_id, "running")

    async def allow_loading(self, experiment_id: str, allowed: bool) -> None:
        """Say whether the model that answers may be replaced by those that the experiment needs."""
        await self.get(experiment_id)
        await self._change(experiment_id, lambda s: experiment_store.allow_loading(s, experiment_id, allowed))

    async def delete(self, experiment_id: str) -> None:
        """Put an experiment away; its runs stay in their session, and `restore` brings it back."""
        if (await self.get(experiment_id)).status in WORKING:
            raise BadRequest("The experiment is being worked on. Pause or cancel it first.")
        await self._write(lambda s: experiment_store.put_away(s, experiment_id, datetime.now(UTC)))

    async def restore(self, experiment_id: str) -> None:
        """Bring back a deleted experiment."""
        await self.get(experiment_id)
        await self._write(lambda s: experiment_store.put_away(s, experiment_id, None))

    async def wait(self, experiment_id: str) -> None:
        """Wait until this process does not work on an experiment any more."""
        if (driver := self._drivers.get(experiment_id)) is not None:
            await driver.wait()

    async def get(self, experiment_id: str) -> Experiment:
        """Return an experiment, also a deleted one."""
        experiment = await self._read(lambda s: experiment_store.get(s, experiment_id))
        if experiment is None:
            raise BadRequest("There is no such experiment here; it may have been deleted.")
        return experiment

    async def page(
        self, text: str = "", *, person: str | None, deleted: bool = False, offset: int = 0, limit: int = 50
    ) -> Page[ExperimentRow]:
        """Return a page of the experiments that a person may read, newest first; of all of them for None."""
        return await self._read(
            lambda s: experiment_store.page(s, text, person=person, deleted=deleted, offset=offset, limit=limit)
        )

    async def cells(
        self, experiment_id: str, only: CellFilter | None = None, *, offset: int = 0, limit: int = 50
    ) -> Page[CellRow]:
        """Return a page of an experiment's cells in their order."""
        return await self._read(lambda s: cell_store.page(s, experiment_id, only, offset=offset, limit=limit))

    async def totals(self, experiment_id: str) -> Sequence[ArmTotals]:
        """Return what every method with every model came to so far."""
        return await self._read(lambda s: cell_totals.by_arm(s, experiment_id))

    async def standing(self, experiment_id: str) -> Standing:
        """Return how far an experiment is and what is left to do, computed from what is stored."""
        experiment = await self.get(experiment_id)
        since = experiment.working_since or experiment.created_at

        def read(s: OrmSession) -> tuple[Sequence[ArmTotals], Sequence[Span], Sequence[datetime]]:
            spans = cell_totals.spans(s, experiment_id, SPANS)
            return cell_totals.by_arm(s, experiment_id), spans, cell_store.lately(s, experiment_id, since, WINDOW + 1)

        totals, spans, lately = await self._read(read)
        loaded, trouble, now = self._hub.loaded(), self.trouble(experiment_id), datetime.now(UTC)
        return standing(experiment, totals, lately, estimate(totals, spans), loaded=loaded, trouble=trouble, now=now)

    async def results(self, experiment_id: str) -> Sequence[Result]:
        """Return accuracy, transitions and cost of every method with every model, from columns of runs alone."""
        experiment = await self.get(experiment_id)
        return results(ExperimentSpec.model_validate(experiment.spec), await self.totals(experiment_id))

    async def export(self, experiment_id: str, path: Path) -> None:
        """Write a table with a row a cell: CSV, JSON Lines or Parquet, as the path ends."""
        experiment = await self.get(experiment_id)
        await self._read(lambda s: export.write(s, experiment, path))

    def trouble(self, experiment_id: str) -> str:
        """Return what keeps this process from storing anything of an experiment at the moment."""
        driver = self._drivers.get(experiment_id)
        return driver.trouble if driver is not None else ""

    def works_on(self, experiment_id: str) -> bool:
        """Say whether this process works on an experiment."""
        driver = self._drivers.get(experiment_id)
        return driver is not None and not driver.ended

    async def _begin(self, experiment_id: str, status: ExperimentStatus) -> None:
        now = datetime.now(UTC)
        await self._write(lambda s: experiment_store.begin(s, experiment_id, status, now, self._place))
        await self._drive(experiment_id)

    async def _change(self, experiment_id: str, change: Callable[[OrmSession], None]) -> None:
        await self._write(change)
        if (driver := self._drivers.get(experiment_id)) is not None:
            driver.wake()

    async def _drive(self, experiment_id: str) -> None:
        """Work on an experiment in this process from now on."""
        driver = self._drivers.get(experiment_id)
        if driver is not None and driver.cut:
            await driver.wait()
        elif driver is not None and not driver.ended:
            driver.wake()
            return
        if self._closing:
            raise BadRequest("The program is shutting down.")
        experiment = await self.get(experiment_id)
        spec = ExperimentSpec.model_validate(experiment.spec)
        background = self._place == "server"
        driver = Driver(self._database, self._hub, self._runs, experiment, spec, self._pace, background=background)
        self._drivers[experiment_id] = driver
        driver.start()
