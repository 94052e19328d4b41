"""Record a run of every method to webapp/calls.stz, of which the pictures on the Methods page are drawn.

    python -m tests.record_calls

runs each with few and short texts on one starter problem, with the embedded model, in a database that is thrown away.
The file has no token traces: no picture is drawn of these, and they are most of it.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from storage.archive_file import pack, unpack
from storage.database import Database
from tests.record_examples import PERSON, load_unplaced
from webapp.auth import LOCAL
from webapp.methods.registry import methods
from webapp.paths import user_cache_folder
from webapp.runs.engines import EngineHub
from webapp.runs.library import Library, LibraryService
from webapp.runs.recorded import CALLS
from webapp.runs.service import RunRequest, RunService
from webapp.settings import Settings
from webapp.tasks.starter import starter_problems

SESSION = "A run of every method"
QUESTION = "How many sides does a hexagon have?"
FEW: Mapping[str, Any] = {"samples": 3, "max_tokens": 40}
# What shows more of a method than its defaults do on so easy a question.
OWN: Mapping[str, Mapping[str, Any]] = {
    "magicore": {"quality_below": 10.0, "confidence_below": 1.0, "rounds": 1, "most_steps": 2},
    "power_metropolis": {"samples": 1, "blocks": 3, "moves": 3},
}
LARGEST = 150_000  # bytes of the file, which every copy of the program carries


async def record(cache: Path, target: Path) -> None:
    """Record all methods into a session file.

    Raises:
        SystemExit: when a run failed.

    """
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(cache_dir=cache, data_dir=Path(folder), device="cpu", dtype="float32")
        database = Database.open(settings.database_url)
        hub, library = EngineHub(settings, load_unplaced), LibraryService(database).of(LOCAL)
        runs = RunService(database, hub)
        await runs.start()
        try:
            status = await hub.switch("embedded")
            if status.error:
                raise SystemExit(status.error)
            session = (await library.create_session(SESSION)).id
            for name in methods():
                await record_one(runs, library, session, name)
            await library.export_session(session, target)
            without_traces(target)
        finally:
            await runs.close()
            await hub.close()
            await database.close()


async def record_one(runs: RunService, library: Library, session: str, name: str) -> None:
    """Run a method and print how many texts it took."""
    problem = next(starter.problem for starter in starter_problems() if starter.problem.question == QUESTION)
    [run_id] = await runs.launch([RunRequest(problem, name, {**FEW, **OWN.get(name, {})}, 1, session)], person=PERSON)
    await runs.wait(run_id)
    stored = await library.load(run_id)
    assert stored is not None
    if stored.run.status != "finished":
        raise SystemExit(f"{name} {stored.run.status}: {stored.run.error}")
    print(f"{len(stored.generations):3} texts  {stored.run.cost.generated_tokens:5} tokens  {name}", flush=True)


def without_traces(file: Path) -> None:
    """Write a session file again without its traces."""
    archive, traces = unpack(file)
    traces.close()
    pack(file, archive, ())


def main(arguments: Sequence[str] | None = None) -> None:
    """Record what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache-dir", type=Path, default=user_cache_folder(), help="where converted models are kept")
    parser.add_argument("--output", type=Path, default=CALLS, help=f"the file to write ({CALLS.name})")
    given = parser.parse_args(arguments)
    asyncio.run(record(given.cache_dir, given.output))
    size = given.output.stat().st_size
    print(f"{given.output}: {size:,} bytes")
    if size > LARGEST:
        raise SystemExit(f"That is more than the {LARGEST:,} bytes allowed: allow fewer texts.")


if __name__ == "__main__":
    main()
