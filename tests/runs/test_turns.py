"""So many runs at once; the others wait in order and are told where they stand."""

from __future__ import annotations

import asyncio

from webapp.runs.turns import Turns


class Customer:
    """Takes a turn, notes the positions it is told, and keeps the place until it is released."""

    def __init__(self, turns: Turns, person: str) -> None:
        self.person = person
        self.positions: list[int] = []
        self.people = 0
        self.inside = asyncio.Event()
        self.release = asyncio.Event()
        self.task = asyncio.create_task(self._take(turns))

    async def _take(self, turns: Turns) -> None:
        async with turns.turn(self.person, self._moved):
            self.inside.set()
            await self.release.wait()

    def _moved(self, position: int, people: int) -> None:
        self.positions.append(position)
        self.people = people


async def customers(turns: Turns, number: int, person: str = "ada") -> list[Customer]:
    made = [Customer(turns, person) for _ in range(number)]
    await asyncio.sleep(0)
    return made


async def test_the_line_moves_in_order_and_everybody_is_told() -> None:
    a, b, c, d = await customers(Turns(1), 4)
    assert [x.inside.is_set() for x in (a, b, c, d)] == [True, False, False, False]
    assert (a.positions, b.positions[-1], c.positions[-1], d.positions[-1]) == ([], 0, 1, 2)
    a.release.set()
    await b.inside.wait()
    assert (c.positions[-1], d.positions[-1]) == (0, 1)
    assert not c.inside.is_set()


async def test_who_gives_up_waiting_leaves_the_line() -> None:
    a, b, c = await customers(Turns(1), 3)
    b.task.cancel()
    await asyncio.wait({b.task})
    assert c.positions[-2:] == [1, 0]
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


async def test_places_are_shared_evenly_among_people() -> None:
    turns = Turns(2)
    ada = await customers(turns, 5, "ada")
    bob = await customers(turns, 2, "bob")
    (eve,) = await customers(turns, 1, "eve")
    assert [x.inside.is_set() for x in (*ada, *bob, eve)] == [True, True] + [False] * 6
    assert [x.positions[-1] for x in (bob[0], eve, bob[1], ada[2], ada[3], ada[4])] == [0, 1, 2, 3, 4, 5]
    assert bob[0].people == ada[4].people == 3
    gone = []
    for leaving in (ada[0], ada[1], bob[0], eve, ada[2], bob[1], ada[3], ada[4]):
        await leaving.inside.wait()
        leaving.release.set()
        await leaving.task
        await asyncio.sleep(0)
        gone.append([x.person for x in (*ada, *bob, eve) if x.inside.is_set() and not x.task.done()])
    assert gone == [
        ["ada", "bob"], ["bob", "eve"], ["ada", "eve"], ["ada", "bob"], ["ada", "bob"], ["ada", "ada"], ["ada"], [],
    ]  # fmt: skip
