"""Lists and totals of cells: filtered and counted by the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from storage.database import Database
from storage.experiments import CellFilter
from storage.records import Cost, VerdictValue
from storage.repositories import cell_totals, cells, experiments, runs, sessions
from tests.storage import grids, making
from tests.storage.making import NOON
from tests.storage.test_library import statements

MANY = 1_000

SIX: tuple[tuple[VerdictValue, VerdictValue], ...] = (
    ("incorrect", "correct"), ("correct", "incorrect"), ("correct", "correct"), ("unparsed", "incorrect"),
)  # fmt: skip


async def filled(database: Database) -> None:
    """Store six cells: four done with one transition each, one failed, one waiting."""
    await database.write(lambda s: grids.store(s, 6))
    claimed = (await database.write(lambda s: grids.step(s, 5))).claimed

    def end(s: Session) -> None:
        for i, (cell, (first, last)) in enumerate(zip(claimed, SIX, strict=False)):
            grids.finish(s, cell, first=first, last=last, tokens=100 + i, oracle=i == 0)
        grids.finish(s, claimed[4], status="failed", error="no")

    await database.write(end)
    await database.write(lambda s: grids.step(s, 0))


async def positions(database: Database, **only: object) -> list[int]:
    page = await database.read(lambda s: cells.page(s, "e1", CellFilter(**only)))  # type: ignore[arg-type]
    assert page.total == len(page.items)
    return [row.position for row in page.items]


async def test_cells_are_narrowed_to_what_is_asked_for(database: Database) -> None:
    await filled(database)
    assert await positions(database) == [0, 1, 2, 3, 4, 5]
    assert await positions(database, state="failed") == [4]
    assert await positions(database, arm=1) == [1, 3, 5]
    assert await positions(database, model="embedded", seed=7, arm=0, state="done") == [0, 2]
    assert await positions(database, seed=8) == await positions(database, model="other") == []
    assert await positions(database, outcome="incorrect>correct") == [0]
    assert await positions(database, outcome="incorrect") == [1, 3]
    assert await positions(database, text="HAVE 2 cats") == [4, 5]
    assert await positions(database, text="100% of_") == []


async def test_a_row_tells_what_its_run_concluded_and_a_page_where_it_lies(database: Database) -> None:
    await filled(database)
    page = await database.read(lambda s: cells.page(s, "e1", offset=3, limit=2))
    done, failed = page.items
    assert page.total == 6
    assert (done.position, done.first_verdict, done.verdict, done.cost.generated_tokens) == (3, *SIX[3], 103)
    assert (failed.state, failed.error, failed.run_status) == ("failed", "no", "failed")
    assert done.problem_id == "p1" and done.question == "How many legs have 1 cats?" and done.source == "gsm8k row 17"
    waiting = (await database.read(lambda s: cells.page(s, "e1", offset=5))).items[0]
    assert (waiting.run_id, waiting.verdict, waiting.cost, waiting.oracle) == (None, None, Cost(), False)


async def test_totals_say_what_each_arm_came_to(database: Database) -> None:
    await filled(database)
    one, two = await database.read(lambda s: cell_totals.by_arm(s, "e1"))
    assert (one.arm, one.model, dict(one.states)) == (0, "embedded", {"done": 2, "failed": 1})
    assert one.verdicts == {("incorrect", "correct"): 1, ("correct", "correct"): 1}
    assert (one.cost, one.squares, one.oracle) == (Cost(202, 100, 4, 6.0), 100.0**2 + 102**2, 1)
    assert (two.done, two.states["waiting"], two.oracle) == (2, 1, 0)
    assert two.verdicts == {("correct", "incorrect"): 1, ("unparsed", "incorrect"): 1}


async def test_what_was_spent_and_when_cells_ended_is_stored(database: Database) -> None:
    await filled(database)
    ended = NOON + timedelta(seconds=30)
    assert await database.read(lambda s: cell_totals.spent_since(s, "e1", NOON)) == 506, "failed runs cost as well"
    assert await database.read(lambda s: cell_totals.spent_since(s, "e1", ended + timedelta(seconds=1))) == 0
    assert await database.read(lambda s: cells.lately(s, "e1", NOON, 3)) == [ended] * 3
    spans = await database.read(lambda s: cell_totals.spans(s, "e1", 10))
    assert sorted(spans) == [(NOON, ended, 100 + i) for i in range(4)]


async def test_an_export_has_whole_texts_and_all_cells_in_order(database: Database) -> None:
    long = "x" * 5_000
    await database.write(grids.store)
    [cell] = (await database.write(lambda s: grids.step(s, 1))).claimed

    def finish(s: Session) -> None:
        grids.launch(s, cell)
        run = runs.get(s, cell.run_id or "")
        assert run is not None
        runs.finish(s, replace(run, status="finished", outcome=replace(run.outcome, answer=long)))

    await database.write(finish)
    await database.write(lambda s: grids.step(s, 0))
    found = await database.read(lambda s: list(cells.every(s, "e1")))
    assert [row.position for row, _ in found] == [0, 1, 2, 3]
    row, rest = found[0]
    assert row.answer == long[: cells.EXCERPT] and rest["whole_answer"] == long
    assert (rest["reference"], rest["kind"], rest["params"]["max_rounds"]) == ("B", "choice", 3)
    assert found[3][1]["params"] is None


async def test_lists_count_cells_by_state_newest_experiment_first(database: Database) -> None:
    await filled(database)

    def more(s: Session) -> None:
        later = {"created_at": NOON + timedelta(hours=1), "name": "Ärger mit Zahlen"}
        experiments.create(s, grids.experiment("e2", **later))
        experiments.create(s, grids.experiment("e3", deleted_at=NOON))
        sessions.create(s, making.session("s2", deleted_at=NOON))
        experiments.create(s, grids.experiment("e4", session_id="s2"))

    await database.write(more)
    page = await database.read(lambda s: experiments.page(s, person="local"))
    assert [row.experiment.id for row in page.items] == ["e2", "e1"] and page.total == 2
    assert page.items[1].cells == {"done": 4, "failed": 1, "waiting": 1} and page.items[1].total == 6
    assert page.items[1].experiment == grids.experiment(lease_until=NOON + grids.LEASE)
    found = await database.read(lambda s: experiments.page(s, "äRGER", person="local"))
    assert [row.experiment.id for row in found.items] == ["e2"]
    gone = await database.read(lambda s: experiments.page(s, person="local", deleted=True))
    assert [row.experiment.id for row in gone.items] == ["e3"]


@pytest.fixture
async def large(database: Database) -> Database:
    """Return a database with an experiment of many cells, half of them done."""
    await database.write(lambda s: grids.store_half_done(s, MANY))
    return database


async def test_a_thousand_cells_list_sum_and_go_on_without_a_text_or_a_trace(large: Database) -> None:
    with statements(large) as said:
        for name, look in grids.looks(MANY).items():
            before = len(said)
            await large.read(look)
            assert len(said) - before <= 4, f"{name} asks once for every cell"
    assert not [statement for statement in said if "token_traces" in statement or "generations" in statement]
    found = await large.write(lambda s: grids.step(s, 20))
    assert [cell.position for cell in found.claimed] == list(range(MANY // 2, MANY // 2 + 20))
