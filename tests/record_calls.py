"""Record a run of every method to webapp/calls.stz, of which the pictures on the Methods page are drawn.

    python -m tests.record_calls

runs each with few and short texts on one starter problem, with the embedded model, in a database that is thrown away.
The file has no token traces: no picture is drawn of these, and they are most of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from storage.archive_file import pack, unpack
from tests.examples.studio import PERSON, Studio, check_size, opened, options
from webapp.methods.registry import methods
from webapp.runs.recorded import CALLS
from webapp.runs.service import RunRequest
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
    async with opened(cache) as studio:
        await studio.switch("embedded")
        session = (await studio.library.create_session(SESSION)).id
        for name in methods():
            await record_one(studio, session, name)
        await studio.library.export_session(session, target)
    without_traces(target)


async def record_one(studio: Studio, session: str, name: str) -> None:
    """Run a method and print how many texts it took."""
    problem = next(starter.problem for starter in starter_problems() if starter.problem.question == QUESTION)
    request = RunRequest(problem, name, {**FEW, **OWN.get(name, {})}, 1, session)
    [run_id] = await studio.runs.launch([request], person=PERSON)
    await studio.runs.wait(run_id)
    stored = await studio.library.load(run_id)
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
    given = options(__doc__, CALLS).parse_args(arguments)
    asyncio.run(record(given.cache_dir, given.output))
    check_size(given.output, LARGEST)


if __name__ == "__main__":
    main()
