"""A disk that fills up in the middle of an experiment: it pauses with a sentence, and goes on where it was."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from storage.database import Database
from tests.experiments.conftest import QUICK
from tests.experiments.grids import arm, created, ended, rows, runs_of, until
from tests.runs.puppet import Puppet, Stage
from tests.runs.test_full_disk import DISK, fill
from tests.storage.places import mounted
from webapp.experiments.service import ExperimentService
from webapp.runs.limits import Limits
from webapp.runs.service import RunService

SENTENCE = "There is no room left on the disk"


async def test_a_full_disk_pauses_and_no_cell_is_lost_or_repeated(tmp_path: Path, methods_of_tests: None) -> None:
    with mounted(tmp_path / "disk", f"size={2 * DISK}") as disk:
        database = Database.open(disk / "runs.db")
        puppet = Puppet(script=lambda prompt, sample: "7" * 40)
        stage = Stage(puppet)
        runs = RunService(database, stage, Limits(autosave=0.02))  # type: ignore[arg-type]
        service = ExperimentService(database, stage, runs, "server", QUICK)  # type: ignore[arg-type]
        try:
            made = await created(service, arm(max_tokens=60), count=50)
            puppet.gate.clear()
            await service.start(made)
            await until(lambda: puppet.open > 0)
            filler = fill(disk, 60 * 2**10)
            puppet.gate.set()
            await until(lambda: _told(service, made))
            filler.unlink()
            experiment = await ended(service, made)
            assert experiment.status == "paused" and SENTENCE in experiment.note
            assert service.trouble(made) == ""
            states = Counter(cell.state for cell in await rows(service, made))
            assert set(states) <= {"done", "waiting"} and states["waiting"] > 0
            assert os.statvfs(disk).f_bavail > 0
            await service.start(made)
            assert (await ended(service, made)).status == "finished"
            assert Counter(cell.state for cell in await rows(service, made)) == {"done": 50}
            stored = await runs_of(database, service, made)
            assert Counter(run.status for run in stored) == {"finished": 50}
        finally:
            await service.close()
            await runs.close()
            await database.close()


async def _told(service: ExperimentService, made: str) -> bool:
    """Say whether a page would show that the disk is full, whether that itself can be stored or not."""
    return SENTENCE in service.trouble(made) + (await service.get(made)).note
