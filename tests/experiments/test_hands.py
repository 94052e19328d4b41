"""A cell is at work or told of, never both and never neither."""

from __future__ import annotations

import asyncio
from typing import Any

from storage.database import DiskFull, Locked
from storage.experiments import Cell
from storage.repositories.cell_work import News
from webapp.experiments import hands
from webapp.experiments.attempt import Attempted
from webapp.experiments.hands import Hands
from webapp.tasks.problems import make_problem


class Scripted:
    """Attempts that end as scripted, once they are let."""

    def __init__(self, *ends: Attempted | Exception) -> None:
        self.ends = ends
        self.gate = asyncio.Event()

    async def make(self, cell: Cell) -> Attempted:
        await self.gate.wait()
        end = self.ends[cell.position]
        if isinstance(end, Exception):
            raise end
        return end


def cells(count: int) -> list[Cell]:
    return [Cell("e", i, 0, "m", "embedded", make_problem("Why?"), 0) for i in range(count)]


async def test_what_ends_is_told_in_the_same_moment() -> None:
    scripted: Any = Scripted(
        Attempted("ended"), Attempted("refused", "too long"), Attempted("back"), ValueError("odd")
    )
    changed = asyncio.Event()
    held = Hands(scripted, changed.set)
    held.begin(cells(4))
    assert held.busy and held.news() == News(busy={0, 1, 2, 3}) and held.texts(lambda cell: 3) == [2.0] * 4
    scripted.gate.set()
    await changed.wait()
    seen = held.news()
    while seen.busy:
        assert not {*seen.refused, *seen.back} & set(seen.busy)
        changed.clear()
        await changed.wait()
        seen = held.news()
    assert seen == News({1: "too long", 3: hands.UNEXPECTED}, {2})
    assert not held.busy and not held.empty
    held.told(seen)
    assert held.empty and held.failure is None


async def test_what_could_not_be_stored_is_kept_but_not_that_somebody_else_was_writing() -> None:
    full, locked = DiskFull("no room"), Locked("busy")
    scripted: Any = Scripted(Attempted("back", failure=locked), Attempted("back", failure=full))
    scripted.gate.set()
    changed = asyncio.Event()
    held = Hands(scripted, changed.set)
    held.begin(cells(1))
    await changed.wait()
    assert held.failure is None
    changed.clear()
    held.begin(cells(2)[1:])
    await changed.wait()
    assert held.failure is full and held.news().back == {0, 1}


async def test_of_a_cell_that_was_lost_and_won_again_the_last_attempt_counts() -> None:
    scripted: Any = Scripted(Attempted("refused", "too long"))
    held = Hands(scripted, lambda: None)
    held.begin(cells(1))
    held.begin(cells(1))
    tasks = list(held._tasks)
    scripted.gate.set()
    await asyncio.gather(*tasks)
    assert held.news() == News({0: "too long"}) and not held.busy
