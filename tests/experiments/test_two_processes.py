"""Two programs on one PostgreSQL share a grid; one is killed, and the other does what that one had begun."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from storage import tables
from storage.database import Database
from tests.experiments.test_kill import PATIENCE, begun, said
from tests.postgres import Cluster
from tests.postgres import database as made
from webapp.events import Batch, RunOpened
from webapp.runs.feed import StoredFeed

PROBLEMS = 8
CELLS = 2 * PROBLEMS
_Cell, _Run = tables.Cell, tables.Run


def owners(s: Session) -> list[str | None]:
    """Return who has cells at work."""
    return list(s.scalars(select(_Cell.lease_owner).where(_Cell.state == "running").distinct()))


def live(s: Session) -> str | None:
    """Return a run that is at work somewhere."""
    return s.scalar(select(_Run.id).where(_Run.status == "running").limit(1))


def count(s: Session, *where: Any) -> tuple[int, int]:
    """Return how many runs there are, and of how many cells' problems and methods."""
    found = s.execute(
        select(func.count(), func.count(distinct(_Run.method + _Run.problem_key))).where(
            _Run.deleted_at.is_(None), *where
        )
    ).one()
    return found[0], found[1]


async def until(database: Database, look: Any) -> Any:
    """Look until there is something to see."""
    deadline = time.monotonic() + PATIENCE
    while not (found := await database.read(look)):
        assert time.monotonic() < deadline, "there was nothing to see"
        await asyncio.sleep(0.02)  # between two looks at what other processes do
    return found


@pytest.fixture
def place(server: Cluster) -> Any:
    with made(server) as place:
        yield place


@contextmanager
def working(place: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the program, a few cells at a time, once it is told to begin."""
    how = ["--wait", "--pause", "0.01", "--lease", "2", "--batch", "4", "--problems", str(PROBLEMS)]
    process = begun(place, *how, *options)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def begin(process: subprocess.Popen[str]) -> None:
    """Tell a program to begin."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


async def test_two_share_a_grid_and_the_one_left_finishes_what_the_other_had_begun(place: str) -> None:
    database = Database.open(place)
    with working(place) as first:
        experiment = await asyncio.to_thread(said, first)
        with working(place, "--id", experiment) as second:
            for each in (first, second):
                assert await asyncio.to_thread(said, each) == "ready"
            for each in (first, second):
                begin(each)
            await until(database, lambda s: len(owners(s)) == 2)
            run = await until(database, live)
            seen: AsyncIterator[Batch] = StoredFeed(database).follow(run, 0, None)
            opened = (await anext(seen)).events[0]
            assert isinstance(opened, RunOpened) and opened.run == run, "a third process watches"
            first.kill()
            assert await asyncio.to_thread(said, second) == "finished"

    states = await database.read(lambda s: list(s.execute(select(_Cell.state, func.count()).group_by(_Cell.state))))
    assert [tuple(each) for each in states] == [("done", CELLS)]
    assert await database.read(lambda s: count(s, _Run.status == "finished")) == (CELLS, CELLS)
    assert await database.read(count) == (CELLS, CELLS), "runs of given up attempts are put away"
    cells = (
        select(func.count()).select_from(_Cell).join(_Run, _Run.id == _Cell.run_id).where(_Run.status == "finished")
    )
    assert await database.read(lambda s: s.scalar(cells)) == CELLS
    await database.close()
