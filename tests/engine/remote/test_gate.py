"""Who is let to the server, and in which order."""

from __future__ import annotations

import asyncio

import pytest

from webapp.engine.protocol import Caller
from webapp.engine.remote.gate import Gate


async def enter(
    gate: Gate, name: str, texts: int, background: bool, log: list[str], leave: asyncio.Event, person: str = "local"
) -> None:
    caller = Caller(person, background)
    async with gate.admitted(texts, caller, lambda position: log.append(f"{name} waits at {position}")):
        log.append(f"{name} in")
        await leave.wait()
    log.append(f"{name} out")


async def until(log: list[str], entry: str) -> None:
    async with asyncio.timeout(10):
        while entry not in log:  # noqa: ASYNC110  it is said on this very loop
            await asyncio.sleep(0)


async def test_people_go_before_the_background_and_each_kind_in_order():
    gate, log = Gate(4), []
    doors = {name: asyncio.Event() for name in "abcd"}
    tasks = [asyncio.create_task(enter(gate, "a", 3, False, log, doors["a"]))]
    await until(log, "a in")
    for name, texts, background in (("b", 2, True), ("c", 9, False), ("d", 1, True)):
        tasks.append(asyncio.create_task(enter(gate, name, texts, background, log, doors[name])))
        await until(log, f"{name} waits at {0 if name in 'bc' else 2}")
    assert "b waits at 1" in log  # it gave way to c
    doors["a"].set()
    await until(log, "c in")  # more than the gate holds, so all of it
    assert "b in" not in log
    for name in "cbd":
        doors[name].set()
    await asyncio.gather(*tasks)
    entered = [entry for entry in log if entry.endswith(" in")]
    assert entered == ["a in", "c in", "b in", "d in"]


async def test_who_stops_waiting_holds_nobody_up():
    gate, log, door = Gate(1), [], asyncio.Event()
    first = asyncio.create_task(enter(gate, "a", 1, False, log, door))
    await until(log, "a in")
    second = asyncio.create_task(enter(gate, "b", 1, False, log, door))
    third = asyncio.create_task(enter(gate, "c", 1, False, log, door))
    await until(log, "c waits at 1")
    second.cancel()
    await until(log, "c waits at 0")
    door.set()
    await asyncio.gather(first, third)
    with pytest.raises(asyncio.CancelledError):
        await second
    assert log[-1] == "c out"


@pytest.mark.parametrize("texts", [1, 4], ids=["single texts", "all that fit"])
async def test_who_asks_for_much_at_once_delays_nobody_else_by_more_than_a_turn(texts: int):
    gate, log, door = Gate(4), [], asyncio.Event()
    many = [f"a{i}" for i in range(12)]
    tasks = [asyncio.create_task(enter(gate, name, texts, False, log, door, "Ada")) for name in many]
    await until(log, f"a11 waits at {11 - 4 // texts}")
    tasks.append(asyncio.create_task(enter(gate, "b", texts, False, log, door, "Bob")))
    await until(log, "b waits at 0")
    door.set()
    await asyncio.gather(*tasks)
    entered = [entry for entry in log if entry.endswith(" in")]
    assert entered.index("b in") == 4 // texts
    assert [entry for entry in entered if entry != "b in"] == [f"{name} in" for name in many]


async def test_who_needs_much_room_is_not_passed_by_for_ever():
    gate, log = Gate(4), []
    doors = {name: asyncio.Event() for name in "abc"}
    tasks = [asyncio.create_task(enter(gate, "a", 1, False, log, doors["a"], "Ada"))]
    await until(log, "a in")
    for name, texts, person in (("b", 4, "Bob"), ("c", 1, "Carl")):
        tasks.append(asyncio.create_task(enter(gate, name, texts, False, log, doors[name], person)))
        await until(log, f"{name} waits at {'bc'.index(name)}")
    doors["a"].set()
    await until(log, "b in")
    assert "c in" not in log
    for door in doors.values():
        door.set()
    await asyncio.gather(*tasks)
