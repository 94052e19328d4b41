"""Record the examples that a fresh database offers, and write them to webapp/examples.stz.

    python -m tests.record_examples --stronger FILE.gguf

replays the plan of tests/examples/plan.py through the program's own run service, in a database that is thrown away,
and checks that every run shows what its note says. tests/fetch_stronger_model.py fetches the larger model.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from storage.records import StoredRun
from tests.examples.phenomena import Absent, facts_of
from tests.examples.plan import NOTES, PLAN, SESSION, Branch, Example, Launch
from tests.examples.reading import attempts
from tests.examples.studio import PERSON, check_size, opened, options
from webapp.pages.examples import ARCHIVE
from webapp.runs.library import Library
from webapp.runs.service import RunRequest, RunService

LARGEST = 3_000_000  # bytes of the file, which every copy of the program carries


class Recorder:
    """Runs launches one after another in one session, and writes down what each run shows."""

    def __init__(self, runs: RunService, library: Library, session: str) -> None:
        self._runs = runs
        self._library = library
        self._session = session
        self._ids: dict[str, str] = {}  # of the runs made so far, by name

    async def record(self, launch: Launch) -> None:
        """Start the runs of a launch together, wait for them, and name, tag, check and describe them.

        Raises:
            SystemExit: when a run failed, or does not show what it is to show.

        """
        begun = time.monotonic()
        ids = await self._started(launch)
        for example, run_id in zip(launch.examples, ids, strict=True):
            await self._runs.wait(run_id)
            await self._describe(example, run_id)
            print(f"{time.monotonic() - begun:5.0f} s  {example.name}", flush=True)

    async def _started(self, launch: Launch) -> list[str]:
        if launch.branch is not None:
            return [await self._branch(launch.branch)]
        requests = [
            RunRequest(launch.problem, e.method, dict(e.params), launch.seed, self._session, self._ids.get(e.uses))
            for e in launch.examples
        ]
        return await self._runs.launch(requests, person=PERSON)

    async def _branch(self, branch: Branch) -> str:
        stored = await self._loaded(self._ids[branch.of])
        draft = attempts(stored)[branch.sample]
        trace = stored.traces[draft.id]
        assert trace.top_ids is not None
        at = trace.token_texts().index(branch.instead_of)
        offered = {trace.pieces[i]: i for i in trace.top_ids[at].tolist()}
        return await self._runs.branch(draft.id, at, offered[branch.token.encode()], person=PERSON)

    async def _describe(self, example: Example, run_id: str) -> None:
        stored = await self._loaded(run_id)
        if stored.run.status != "finished":
            raise SystemExit(f"“{example.name}” {stored.run.status}: {stored.run.error}")
        try:
            note = example.note.format(**facts_of(example.shows, stored))
        except Absent as instead:
            raise SystemExit(f"“{example.name}” does not show what it is to show here: {instead}.") from instead
        self._ids[example.name] = run_id
        await self._library.rename_run(run_id, example.name)
        await self._library.set_run_tags(run_id, example.tags)
        await self._library.set_run_notes(run_id, note)

    async def _loaded(self, run_id: str) -> StoredRun:
        stored = await self._library.load(run_id)
        assert stored is not None
        return stored


async def record(stronger: Path, cache: Path, target: Path) -> None:
    """Record the whole plan into a session file."""
    async with opened(cache) as studio:
        session = (await studio.library.create_session(SESSION)).id
        await studio.library.set_session_notes(session, NOTES)
        recorder = Recorder(studio.runs, studio.library, session)
        for launch in PLAN:
            await studio.switch(str(stronger) if launch.model == "stronger" else launch.model)
            await recorder.record(launch)
        await studio.library.export_session(session, target)


def main(arguments: Sequence[str] | None = None) -> None:
    """Record what the command line asks for."""
    parser = options(__doc__, ARCHIVE)
    parser.add_argument("--stronger", type=Path, required=True, help="the .gguf file of the larger model")
    given = parser.parse_args(arguments)
    asyncio.run(record(given.stronger, given.cache_dir, given.output))
    check_size(given.output, LARGEST)


if __name__ == "__main__":
    main()
