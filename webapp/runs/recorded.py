"""A run of each method that shows what its calls look like: a recorded one, else the newest one that is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from storage.archive_file import Archive, unpack
from storage.records import Generation, Run, Score
from webapp.runs.library import Library

ARCHIVE = Path(__file__).parents[1] / "examples.stz"
CALLS = ARCHIVE.with_name("calls.stz")  # a run of every method
READABLE = 24  # texts of a run that can be taken in at a glance


@dataclass(frozen=True, slots=True)
class Recorded:
    """A finished run with its texts in order and its scores; an `example` comes with the program."""

    run: Run
    generations: Sequence[Generation]
    scores: Sequence[Score]
    example: bool


class Recordings:
    """Finds a run of a method, in the first of the archives that has one; these are read once."""

    def __init__(self, library: Library, archives: Sequence[Path] = (ARCHIVE, CALLS)) -> None:
        self._library = library
        self._archives = archives

    async def of(self, method: str) -> Recorded | None:
        """Return a run of the method, None where there is none yet."""
        return await asyncio.to_thread(self._example, method) or await self._stored(method)

    def _example(self, method: str) -> Recorded | None:
        found = (_example(archive, method) for archive in self._archives)
        return next((example for example in found if example), None)

    async def _stored(self, method: str) -> Recorded | None:
        run = await self._library.newest(method)
        if run is None:
            return None
        texts, scores = await self._library.generations(run.id), await self._library.scores(run.id)
        return Recorded(run, texts, scores, example=False)


def _example(path: Path, method: str) -> Recorded | None:
    """Return the example that shows most of a method while it can still be taken in, if there is any."""
    if not path.is_file():
        return None
    archive = _read(path)
    runs = [run for run in archive.runs if run.method == method and run.status == "finished" and not run.branch_of]
    texts = {run.id: [text for text in archive.generations if text.run_id == run.id] for run in runs}
    best = max(runs, key=lambda run: _shown(len(texts[run.id])), default=None)
    if best is None:
        return None
    scores = [score for score in archive.scores if score.run_id == best.id]
    return Recorded(best, texts[best.id], scores, example=True)


def _shown(count: int) -> int:
    return count if count <= READABLE else -count


@cache
def _read(path: Path) -> Archive:
    archive, traces = unpack(path)
    with closing(traces):
        return archive
