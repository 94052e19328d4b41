"""A program that works on an experiment with a puppet: `python -m tests.experiments.puppet_program FOLDER [ID]`.

Without an id it makes one, and says its id; then it goes on until the experiment is finished, and says so.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from storage.database import Database
from tests.experiments.grids import arm, created
from tests.runs import scenes
from tests.runs.puppet import Puppet, Stage
from webapp.engine.protocol import Prompt
from webapp.experiments.pace import Pace
from webapp.experiments.service import ExperimentService
from webapp.runs.limits import Limits
from webapp.runs.service import RunService

PROBLEMS = 25
LIMITS = Limits(interactive=8, autosave=0.05, lease=0.6, renewal=0.2, sweep=0.2)
PACE = Pace(lease=0.6, tick=0.05)


def script(prompt: Prompt, sample: int) -> str:
    """Return a text that depends on the question and the sample alone."""
    return f"{sum(prompt.messages[0].content.encode()) % 97} for sample {sample}. Answer: {sample}"


async def main(folder: Path, experiment_id: str | None) -> None:
    """Work until the experiment is finished, or until killed."""
    scenes.register()
    database = Database.open(folder / "runs.db")
    stage = Stage(Puppet(script=script, pause=0.003))
    runs = RunService(database, stage, LIMITS)  # type: ignore[arg-type]
    await runs.start()
    service = ExperimentService(database, stage, runs, "command line", PACE)  # type: ignore[arg-type]
    if experiment_id is None:
        experiment_id = await created(service, arm(1), arm(2, "scene_revise"), count=PROBLEMS)
        print(experiment_id, flush=True)
    await service.start(experiment_id)
    await service.wait(experiment_id)
    print((await service.get(experiment_id)).status, flush=True)
    await service.close()
    await runs.close()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
