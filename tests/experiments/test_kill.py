"""kill -9 in the middle of an experiment, three times: no finished cell lost or repeated, the texts the same."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from storage.database import Database
from storage.repositories import generations as generation_store
from storage.repositories import runs as run_store
from tests.experiments.puppet_program import PROBLEMS

ROOT = Path(__file__).resolve().parents[2]
CELLS = 2 * PROBLEMS
PATIENCE = 120


def begun(place: str, *options: str) -> subprocess.Popen[str]:
    """Start the program on a database."""
    command = [sys.executable, "-m", "tests.experiments.puppet_program", place, *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def said(process: subprocess.Popen[str]) -> str:
    """Return the next line that the program says."""
    assert process.stdout is not None and process.stderr is not None
    line = process.stdout.readline().strip()
    assert line, process.stderr.read()
    return line


def file(folder: Path) -> str:
    return str(folder / "runs.db")


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "runs.db", timeout=30)) as connection:
        return connection.execute(query).fetchall()


def done(folder: Path) -> dict[int, str]:
    """Return the runs of the cells that are done, by position."""
    return dict(rows(folder, "SELECT position, run_id FROM cells WHERE state = 'done'"))  # type: ignore[arg-type]


def kill_after(process: subprocess.Popen[str], folder: Path, cells: int) -> None:
    """Kill the program once so many cells are done and others are at work."""
    deadline = time.monotonic() + PATIENCE
    while len(done(folder)) < cells:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)  # between two looks
    process.kill()
    process.wait()


def texts(folder: Path) -> dict[tuple[object, ...], list[str]]:
    """Return the texts of every run that counts, by method and problem."""

    async def read() -> dict[tuple[object, ...], list[str]]:
        database = Database.open(folder / "runs.db")
        ids = list(done(folder).values())
        runs = [await database.read(lambda s, id=id: run_store.get(s, id)) for id in ids]
        found = {
            (run.method, run.problem.id): [
                text.text for text in await database.read(lambda s, id=run.id: generation_store.of_run(s, id))
            ]
            for run in runs
            if run is not None
        }
        await database.close()
        return found

    return asyncio.run(read())


def test_an_experiment_survives_three_kills_with_every_cell_done_once(tmp_path: Path) -> None:
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    for folder in (killed, undisturbed):
        folder.mkdir()
    process = begun(file(killed))
    experiment = said(process)
    kept: dict[int, str] = {}
    for cells in (8, 20, 32):
        kill_after(process, killed, cells)
        now = done(killed)
        assert kept.items() <= now.items(), "a finished cell was lost or repeated"
        kept = now
        assert rows(killed, "SELECT count(*) FROM cells WHERE state = 'running'") != [(0,)], "nothing was at work"
        process = begun(file(killed), "--id", experiment)
    assert said(process) == "finished"
    process.wait(PATIENCE)
    assert kept.items() <= done(killed).items() and len(done(killed)) == CELLS
    counted = rows(
        killed, "SELECT count(*), count(DISTINCT id) FROM runs WHERE status = 'finished' AND deleted_at IS NULL"
    )
    assert counted == [(CELLS, CELLS)], "a run that finished is not the run of its cell"

    other = begun(file(undisturbed))
    assert said(other) and said(other) == "finished"
    other.wait(PATIENCE)
    assert texts(killed) == texts(undisturbed)
