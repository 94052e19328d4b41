"""P(IK) of a run, learnt from stored runs of other problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from storage.database import Database
from storage.records import Problem, Run
from storage.repositories import generations, runs, scores
from tests.storage import making
from tests.storage.making import minutes
from webapp.auth import LOCAL
from webapp.runs.known import NEEDED, STATE, Known, Unknown, lessons
from webapp.runs.library import LibraryService

SAMPLES = 4
GENERATOR = np.random.default_rng(11)
DIRECTION = GENERATOR.normal(size=6)


def problem(number: int) -> Problem:
    return Problem(f"p{number:02}", f"Question {number}?", "numeric", "7", source="made")


def stored(s: Session, number: int, state: Sequence[float], right: int | None, key: str = "", **changes: Any) -> Run:
    """Store a run on a problem: its state, and how many of its samples were right (None: not graded)."""
    name = f"r{number}{key}"
    details = {"layer": changes.pop("layer", -1), "vector": list(state), "samples": SAMPLES}
    sampling = {"temperature": changes.pop("drawn_at", 1.0)}
    fields = {
        "launch_id": f"l-{name}", "method": "p_ik", "problem": problem(number), "params": {"temperature": 1.0},
        "created_at": minutes(10 + number), "input_run": None,
    }  # fmt: skip
    run = making.run(name, **(fields | changes))
    runs.add(s, run)
    for i in range(SAMPLES):
        verdict = "ungraded" if right is None else "correct" if i < right else "incorrect"
        draft = {"role": "draft", "round": 0, "branch": i, "ordinal": i, "parents": (), "run_id": run.id}
        draft |= {"sampling": sampling}
        generations.save(s, making.generation(f"{name}-{i}", verdict=verdict, **draft), None)
    score = making.score(f"c-{name}", run_id=run.id, generation_id=None, name=STATE, value=None, details=details)
    scores.add(s, score)
    return run


def made(count: int) -> list[tuple[list[float], int]]:
    """Return states that tell along one direction how many samples are right."""
    states = GENERATOR.normal(size=(count, 6))
    return [(state.tolist(), SAMPLES if state @ DIRECTION > 0 else 0) for state in states]


@pytest.fixture
async def asked(database: Database) -> Run:
    """Return a run without a reference, whose state lies where all are right."""

    def store(s: Session) -> Run:
        making.store_session(s)
        return stored(s, 99, DIRECTION.tolist(), None)

    return await database.write(store)


async def found(database: Database, run: Run) -> Known | Unknown | None:
    library = LibraryService(database).of(LOCAL)
    return await library.known(run, await library.scores(run.id))


async def taught(database: Database, lessons: Sequence[tuple[list[float], int]], **changes: Any) -> None:
    def store(s: Session) -> None:
        for number, (state, right) in enumerate(lessons):
            stored(s, number, state, right, **changes)

    await database.write(store)


async def test_a_head_learns_from_other_problems(database: Database, asked: Run) -> None:
    lessons = made(40)
    await taught(database, lessons)
    known = await found(database, asked)
    assert isinstance(known, Known)
    assert known.p_ik > 0.8 and known.own is None
    assert known.right == tuple(right / SAMPLES for _, right in lessons) and known.samples == 40 * SAMPLES
    assert known.auroc is not None and known.auroc > 0.85
    assert known.brier < 0.9 * known.base_brier


async def test_its_own_reference_changes_nothing_about_the_prediction(database: Database, asked: Run) -> None:
    await taught(database, made(30))
    before = await found(database, asked)
    again = await database.write(lambda s: stored(s, 99, DIRECTION.tolist(), 0, key="b"))
    after = await found(database, again)
    assert isinstance(before, Known) and isinstance(after, Known)
    assert (after.p_ik, after.right) == (before.p_ik, before.right)
    assert (before.own, after.own) == (None, 0.0)


async def test_too_few_problems_are_counted_in_a_sentence(database: Database, asked: Run) -> None:
    lessons = made(NEEDED - 1)
    mostly = sum(right > 0 for _, right in lessons)
    await taught(database, lessons)
    known = await found(database, asked)
    assert isinstance(known, Unknown)
    assert "At least 20 problems" in known.why
    assert known.why.endswith(f"There are 19: {mostly} mostly right, {19 - mostly} not.")


async def test_problems_of_one_kind_teach_nothing(database: Database, asked: Run) -> None:
    await taught(database, [(state, 2) for state, _ in made(30)])  # half is not mostly
    known = await found(database, asked)
    assert isinstance(known, Unknown) and "There are 30: 0 mostly right, 30 not." in known.why


@pytest.mark.parametrize(
    "changes",
    [
        {"model": replace(making.MODEL, revision="other")}, {"layer": 3}, {"params": {"temperature": 0.5}},
        {"deleted_at": minutes(99)}, {"status": "failed"}, {"method": "self_refine"}, {"problem": problem(99)},
    ],
    ids=lambda changes: next(iter(changes)),
)  # fmt: skip
async def test_only_alike_runs_of_other_problems_teach(
    database: Database, asked: Run, changes: dict[str, Any]
) -> None:
    await taught(database, made(1))
    await database.write(lambda s: stored(s, 50, DIRECTION.tolist(), 4, **changes))
    known = await found(database, asked)
    assert isinstance(known, Unknown) and "There are 1:" in known.why


OTHER = replace(making.MODEL, id="another/model")


@pytest.mark.parametrize(
    ("source", "drawn_at", "teaches"),
    [
        ({}, 1.0, True),
        ({}, 0.7, False),
        ({"model": OTHER}, 1.0, False),
        ({"input_run": "r98"}, 1.0, False),
        ({"input_run": "r50"}, 1.0, False),
        (None, 1.0, False),
    ],
    ids=["alike", "another temperature", "another model", "taken of another model", "in a circle", "nobody knows"],
)
async def test_samples_that_were_taken_over_teach_where_they_are_of_the_model_and_the_temperature(
    database: Database, asked: Run, source: dict[str, Any] | None, drawn_at: float, teaches: bool
) -> None:
    await taught(database, made(1))

    def store(s: Session) -> Run:
        stored(s, 98, DIRECTION.tolist(), None, method="self_consistency", model=OTHER)
        if source is not None:
            stored(s, 97, DIRECTION.tolist(), None, method="self_consistency", **source)
        return stored(s, 50, DIRECTION.tolist(), 4, input_run="r97", drawn_at=drawn_at)

    taking = await database.write(store)
    known = await found(database, asked)
    assert isinstance(known, Unknown) and f"There are {1 + teaches}:" in known.why
    lessons_of = await database.read(lambda s: lessons(s, taking, scores.of_run(s, taking.id), "local"))
    assert lessons_of is not None and lessons_of.own == (1.0 if teaches else None)


async def test_of_several_runs_on_a_problem_the_newest_with_a_reference_counts(
    database: Database, asked: Run
) -> None:
    lessons = made(30)
    await taught(database, lessons)

    def more(s: Session) -> None:
        stored(s, 0, lessons[0][0], 3, key="new", created_at=minutes(200))
        stored(s, 1, lessons[1][0], None, key="ungraded", created_at=minutes(200))

    await database.write(more)
    known = await found(database, asked)
    assert isinstance(known, Known)
    assert known.right[:2] == (0.75, lessons[1][1] / SAMPLES) and len(known.right) == 30


@pytest.mark.parametrize("details", [{}, {"layer": -1, "vector": []}, {"layer": -1, "vector": ["x"]}])
async def test_states_of_an_imported_file_are_not_trusted(
    database: Database, asked: Run, details: dict[str, Any]
) -> None:
    odd = making.score("odd", run_id=asked.id, name=STATE, details=details)
    assert await LibraryService(database).of(LOCAL).known(asked, [odd]) is None


async def test_a_run_of_another_method_has_none(database: Database, asked: Run) -> None:
    assert await LibraryService(database).of(LOCAL).known(asked, [making.score()]) is None
