"""A program that works on an experiment with a puppet: `python -m tests.experiments.puppet_program PLACE`.

The place is a database's file or address. Without an id it makes an experiment, and says its id; then it goes on
until that is finished, and says so.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import replace

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


def script(prompt: Prompt, sample: int) -> str:
    """Return a text that depends on the question and the sample alone."""
    return f"{sum(prompt.messages[0].content.encode()) % 97} for sample {sample}. Answer: {sample}"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("place")
    parser.add_argument("--id", help="of an experiment that is there")
    parser.add_argument("--pause", type=float, default=0.003, help="seconds that a byte of a text takes")
    parser.add_argument("--lease", type=float, default=0.6, help="seconds that claims hold")
    parser.add_argument("--batch", type=int, default=64, help="texts that are written at once")
    parser.add_argument("--wait", action="store_true", help="say 'ready', and begin when a line is read")
    parser.add_argument("--problems", type=int, default=PROBLEMS)
    return parser.parse_args()


async def main(asked: argparse.Namespace) -> None:
    """Work until the experiment is finished, or until killed."""
    scenes.register()
    database = Database.open(asked.place)
    puppet = Puppet(script=script, pause=asked.pause)
    puppet.info = replace(puppet.info, max_batch=asked.batch)
    stage = Stage(puppet)
    limits = Limits(interactive=8, autosave=0.05, lease=asked.lease, renewal=asked.lease / 3, sweep=0.2)
    runs = RunService(database, stage, limits)  # type: ignore[arg-type]
    await runs.start()
    pace = Pace(lease=asked.lease, tick=0.05)
    service = ExperimentService(database, stage, runs, "command line", pace)  # type: ignore[arg-type]
    experiment_id = asked.id
    if experiment_id is None:
        experiment_id = await created(service, arm(1), arm(2, "scene_revise"), count=asked.problems)
        print(experiment_id, flush=True)
    if asked.wait:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
    await service.start(experiment_id)
    await service.wait(experiment_id)
    print((await service.get(experiment_id)).status, flush=True)
    await service.close()
    await runs.close()
    await database.close()


if __name__ == "__main__":
    asyncio.run(main(options()))
