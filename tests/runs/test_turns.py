"""So many runs at once; the others wait in order and are told where they stand."""

from __future__ import annotations

import asyncio

from webapp.runs.turns import Turns


class Customer:
    """Takes a turn, notes the positions it is told, and keeps the place until it is released."""

    def __init__(self, turns: Turns) -> None:
        self.positions: list[int] = []
        self.inside = asyncio.Event()
        self.release = asyncio.Event()
        self.task = asyncio.create_task(self._take(turns))

    async def _take(self, turns: Turns) -> None:
        async with turns.turn(self.positions.append):
            self.inside.set()
            await self.release.wait()


async def customers(turns: Turns, number: int) -> list[Customer]:
    made = [Customer(turns) for _ in range(number)]
    await asyncio.sleep(0)
    return made


async def test_the_line_moves_in_order_and_everybody_is_told() -> None:
    a, b, c, d = await customers(Turns(1), 4)
    assert [x.inside.is_set() for x in (a, b, c, d)] == [True, False, False, False]
    assert (a.positions, b.positions, c.positions, d.positions) == ([], [0], [1], [2])
    a.release.set()
    await b.inside.wait()
    assert (c.positions[-1], d.positions[-1]) == (0, 1)
    assert not c.inside.is_set()


async def test_who_gives_up_waiting_leaves_the_line() -> None:
    a, b, c = await customers(Turns(1), 3)
    b.task.cancel()
    await asyncio.wait({b.task})
    assert c.positions == [1, 0]
    a.release.set()
    await c.inside.wait()


async def test_a_place_given_to_one_who_gives_up_in_the_same_moment_is_passed_on() -> None:
    a, b, c = await customers(Turns(1), 3)
    a.release.set()
    await asyncio.wait({a.task})  # b has been called but has not run yet
    b.task.cancel()
    await asyncio.wait({b.task})
    await c.inside.wait()


async def test_as_many_as_there_are_places_go_at_once() -> None:
    turns = Turns(2)
    everybody = await customers(turns, 3)
    assert [x.inside.is_set() for x in everybody] == [True, True, False]
    for each in everybody:
        each.release.set()
    await asyncio.gather(*(each.task for each in everybody))
    (late,) = await customers(turns, 1)
    assert late.inside.is_set()
