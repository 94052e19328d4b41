"""What the commands of `python -m webapp.experiments` do."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from enum import IntEnum
from pathlib import Path

from storage.database import Database, DatabaseError
from storage.experiments import WORKING
from webapp.auth import LOCAL
from webapp.experiments import terminal
from webapp.experiments.problems import read_problems
from webapp.experiments.service import ExperimentService
from webapp.experiments.spec_file import read_spec
from webapp.runs.engines import EngineHub
from webapp.runs.limits import Limits
from webapp.runs.request import BadRequest
from webapp.runs.service import RunService
from webapp.settings import Settings
from webapp.tasks import procedural

# Nobody else uses this process, so as many runs go at once as fill the batch. A cell that was cut short is begun
# again, so what it had written matters little.
LIMITS = Limits(interactive=512, autosave=15.0)
LOOK = 1.0  # seconds between two looks at how far it is
QUIET = 30.0  # seconds between two lines where the terminal cannot rewrite one


class Outcome(IntEnum):
    """Exit codes."""

    DONE = 0
    REFUSED = 1
    STANDS_STILL = 3  # paused, cancelled, or finished with cells that failed


class Commands:
    """Carries out one command in a process of its own."""

    def __init__(self, settings: Settings, hub: Callable[[Settings], EngineHub] = EngineHub) -> None:
        self._settings = settings
        self._make_hub = hub
        self._hub: EngineHub
        self._service: ExperimentService

    async def carry_out(self, given: argparse.Namespace) -> int:
        """Do what was asked for; return the exit code."""
        commands: dict[str, Callable[[], Awaitable[Outcome]]] = {
            "run": lambda: self._run(given.spec, only_estimate=given.estimate),
            "status": lambda: self._status(given.id),
            "resume": lambda: self._work(given.id, self._service.start),
            "retry": lambda: self._work(given.id, self._service.retry),
            "pause": lambda: self._tell(given.id, self._service.pause),
            "cancel": lambda: self._tell(given.id, self._service.cancel),
            "export": lambda: self._export(given.id, given.to),
        }
        try:
            async with self._services():
                return await commands[given.command]()
        except (BadRequest, DatabaseError) as error:
            print(error, file=sys.stderr)
            return Outcome.REFUSED

    @asynccontextmanager
    async def _services(self) -> AsyncIterator[None]:
        procedural.keep_in(self._settings.cache_dir)
        database = Database.open(self._settings.database_url)
        self._hub = self._make_hub(self._settings)
        runs = RunService(database, self._hub, LIMITS)
        self._service = ExperimentService(database, self._hub, runs, "command line")
        try:
            await runs.start()
            yield
        finally:
            await self._service.close()
            await runs.close()
            await self._hub.close()
            await database.close()

    async def _run(self, path: Path, *, only_estimate: bool) -> Outcome:
        spec = await asyncio.to_thread(read_spec, path)
        problems = await asyncio.to_thread(read_problems, spec.data)
        made = await self._service.create(spec, problems, person=LOCAL.id, load_models=True)
        print(f"Experiment {made}: {spec.name}", flush=True)
        outcome = await self._work(made, self._service.probe)
        if (await self._service.get(made)).status != "draft" or outcome is not Outcome.DONE:
            return outcome
        print(terminal.estimated((await self._service.standing(made)).estimate), flush=True)
        return outcome if only_estimate else await self._work(made, self._service.start)

    async def _status(self, experiment_id: str | None) -> Outcome:
        if experiment_id is None:
            print(terminal.listed((await self._service.page(person=None, limit=1_000)).items))
            return Outcome.DONE
        found = await self._service.standing(experiment_id)
        experiment = found.experiment
        gone = experiment.status in WORKING and not found.attended
        print(f"{experiment.name}: {experiment.status}{' (no process works on it)' if gone else ''}")
        print(terminal.progress(found))
        if experiment.note:
            print(experiment.note)
        if found.left:
            print(terminal.estimated(found.estimate))
        print(terminal.results_table(await self._service.results(experiment_id)))
        return Outcome.DONE

    async def _tell(self, experiment_id: str, change: Callable[[str], Awaitable[None]]) -> Outcome:
        await change(experiment_id)
        print((await self._service.get(experiment_id)).status)
        return Outcome.DONE

    async def _export(self, experiment_id: str, path: Path) -> Outcome:
        await self._service.export(experiment_id, path)
        print(path)
        return Outcome.DONE

    async def _work(self, experiment_id: str, begin: Callable[[str], Awaitable[None]]) -> Outcome:
        """Work on an experiment until it is finished or stands still, and say how far it is."""
        await self._service.allow_loading(experiment_id, True)
        await begin(experiment_id)
        if (await self._service.get(experiment_id)).status not in WORKING:
            return Outcome.DONE
        first = next(
            (arm.model for arm in await self._service.totals(experiment_id) if arm.states.get("waiting")), None
        )
        if first is not None and self._hub.loaded() is None:
            self._hub.start(first)
        with _interrupted() as stopped:
            await self._watch(experiment_id, stopped)
        return await self._ended(experiment_id)

    async def _watch(self, experiment_id: str, stopped: asyncio.Event) -> None:
        work = asyncio.create_task(self._service.wait(experiment_id))
        stop = asyncio.create_task(stopped.wait())
        line = _Line()
        while not work.done():
            await asyncio.wait({work, stop}, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
            if stopped.is_set():
                with contextlib.suppress(BadRequest):  # it may have ended in this moment
                    await self._service.pause(experiment_id)
                await self._service.close()
            found = await self._service.standing(experiment_id)
            status = self._hub.status()
            loading = "" if status.state in ("ready", "failed") else f" ({status.detail})"
            line.show(found.trouble or terminal.progress(found) + loading)
        stop.cancel()
        line.end()

    async def _ended(self, experiment_id: str) -> Outcome:
        found = await self._service.standing(experiment_id)
        experiment = found.experiment
        if experiment.status == "draft":
            return Outcome.DONE if not experiment.note else Outcome.STANDS_STILL
        print(terminal.results_table(await self._service.results(experiment_id)))
        failed = found.cells.get("failed", 0)
        if experiment.status == "finished":
            if failed:
                print(f"{failed:,} cells failed: retry {experiment_id} does them again.", file=sys.stderr)
            return Outcome.STANDS_STILL if failed else Outcome.DONE
        print(f"{experiment.status.capitalize()}. {experiment.note}".strip(), file=sys.stderr)
        print(f"resume {experiment_id} goes on.", file=sys.stderr)
        return Outcome.STANDS_STILL


class _Line:
    """A line that is rewritten where the terminal can, and said now and then where it cannot."""

    def __init__(self) -> None:
        self._rewrites = sys.stdout.isatty()
        self._said = ""
        self._when = -QUIET

    def show(self, text: str) -> None:
        """Say where it stands now."""
        if self._rewrites:
            print(f"\r\x1b[K{text}", end="", flush=True)
        elif text != self._said and time.monotonic() - self._when >= QUIET:
            print(text, flush=True)
            self._when = time.monotonic()
        else:
            return
        self._said = text

    def end(self) -> None:
        """Leave the line as it is."""
        if self._rewrites and self._said:
            print(flush=True)


@contextlib.contextmanager
def _interrupted() -> Iterator[asyncio.Event]:
    """Yield an event that Ctrl+C and an orderly end of the process set."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    for each in signals:
        loop.add_signal_handler(each, stopped.set)
    try:
        yield stopped
    finally:
        for each in signals:
            loop.remove_signal_handler(each)
