"""What MAgICoRe's self-scores usually are: mean and deviation over the first chains of the starter problems.

python -m tests.measure_usual_reward [a model]

The defaults of its settings "Usual reward" and "Its deviation" are what this printed for the embedded model.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Sequence
from statistics import fmean, pstdev

from storage.database import Database
from storage.records import StoredRun
from tests.methods.playing import Play
from tests.runs.puppet import Stage
from webapp.engine.protocol import Engine
from webapp.models.load import LoadOptions, load
from webapp.models.progress import silent
from webapp.paths import user_cache_folder
from webapp.runs.limits import Limits
from webapp.runs.request import RunRequest
from webapp.runs.service import RunService
from webapp.tasks.starter import starter_problems

SETTINGS = {"samples": 1, "confidence_below": 0.0}  # nothing is hard then, so only first chains are scored
PATIENT = Limits(lease=3600.0)  # the machine may be busy with other things


async def main(model: str) -> None:
    engine = await asyncio.to_thread(load, model, LoadOptions(user_cache_folder() / "models"), silent)
    with tempfile.TemporaryDirectory() as place:
        database = Database.open(f"sqlite:///{place}/runs.db")
        tell(await chains(engine, database))
        await database.close()
    await engine.close()


async def chains(engine: Engine, database: Database) -> list[StoredRun]:
    """Draw one chain for every starter problem, as the method does by itself, and score it."""
    service = RunService(database, Stage(engine), limits=PATIENT)  # type: ignore[arg-type]
    await service.start()
    requests = [RunRequest(starter.problem, "magicore", SETTINGS, seed=0) for starter in starter_problems()]
    runs = await Play(service, database).together(*requests)
    await service.close()
    return runs


def tell(runs: Sequence[StoredRun]) -> None:
    """Print the mean and the deviation of the rewards, and of the two scores that they are the sums of."""
    scores = [score for run in runs for score in run.scores]
    for name in ("outcome_score", "step_score", "chain_rewards"):
        values = [score.value for score in scores if score.name == name and score.value is not None]
        print(f"{name}: {len(values)} chains, mean {fmean(values):.3f}, deviation {pstdev(values):.3f}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "embedded"))
