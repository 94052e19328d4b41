"""What refinement brought each model, read from stored runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from storage.database import Database
from storage.records import Cost, Outcome, Problem, Run
from storage.repositories import runs
from tests.storage import making
from tests.storage.making import minutes
from webapp.auth import LOCAL
from webapp.methods.untargeted_refine import UntargetedRefineParams
from webapp.runs.library import LibraryService
from webapp.runs.refinement import METHOD, PROBLEMS, NotYet, Ranking

PARAMS = UntargetedRefineParams().model_dump(mode="json")
RIGHT, WRONG = "correct", "incorrect"


def made(model: str, number: int, first: str, last: str, *, key: str = "", **changes: Any) -> Run:
    """Return a finished run of a model on a problem that took 2 tokens and a second for each of its number."""
    name = f"{model}-{number}{key}"
    problem = Problem(f"p{number}", f"Question {number}?", "numeric", "7", source="made")
    fields: dict[str, Any] = {
        "launch_id": f"l-{name}", "method": METHOD, "problem": problem, "params": PARAMS, "input_run": None,
        "model": replace(making.MODEL, id=model), "created_at": minutes(10 + number),
        "cost": Cost(2 * number, 10, 3, float(number)),
        "outcome": Outcome(first_verdict=first, verdict=last),  # type: ignore[arg-type]
    }  # fmt: skip
    return making.run(name, **(fields | changes))


def ten(model: str, first: int, last: int, **changes: Any) -> list[Run]:
    """Return runs on ten problems, of which so many are right before and after."""
    verdicts = ((RIGHT if i < first else WRONG, RIGHT if i < last else WRONG) for i in range(10))
    return [made(model, i, *pair, **changes) for i, pair in enumerate(verdicts)]


async def found(database: Database, *stored: Run, of: Run | None = None) -> Ranking | NotYet | None:
    def store(s: Session) -> None:
        making.store_session(s)
        for run in stored:
            runs.add(s, run)

    await database.write(store)
    return await LibraryService(database).of(LOCAL).refinement(stored[0] if of is None else of)


async def test_models_are_compared_on_the_problems_that_all_answered(database: Database) -> None:
    small, large = ten("small", 2, 5), ten("large", 8, 7)[3:]
    told = await found(database, *small, *large)
    assert isinstance(told, Ranking)
    assert (told.problems, [each.model for each in told.contenders]) == (7, ["small", "large"])
    first, second = told.contenders
    assert (first.base, first.refined) == (0.0, pytest.approx(2 / 7))
    assert (second.base, second.refined) == (pytest.approx(5 / 7), pytest.approx(4 / 7))
    assert (first.tokens, first.seconds) == (12.0, 6.0)
    assert list(told.parts.base) == [-1, 1] and list(told.parts.gain) == [1, -1] and list(told.parts.cost) == [0, 0]


async def test_the_weights_and_the_cost_are_those_of_the_run(database: Database) -> None:
    small, large = ten("small", 2, 5), ten("large", 8, 7, cost=Cost(100, 10, 3, 0.5))
    asking = replace(small[0], params=PARAMS | {"weight_gain": 3.0, "weight_base": 0.0, "cost_measure": "tokens"})
    told = await found(database, *small, *large, of=asking)
    assert isinstance(told, Ranking)
    assert (told.weights.base, told.weights.gain, told.weights.cost, told.cost_in) == (0.0, 3.0, 1.0, "tokens")
    assert list(told.parts.score) == pytest.approx([4.0, -4.0])


async def test_the_newest_run_on_a_problem_counts(database: Database) -> None:
    again = made("small", 0, RIGHT, RIGHT, key="-again", created_at=minutes(99))
    told = await found(database, *ten("small", 0, 0), again, *ten("large", 1, 1))
    assert isinstance(told, Ranking) and told.contenders[0].base == pytest.approx(0.1)


@pytest.mark.parametrize(
    "changes",
    [
        {"params": PARAMS | {"rounds": 2}},
        {"input_run": "r0"},
        {"status": "failed"},
        {"method": "rci"},
        {"outcome": Outcome(first_verdict="ungraded", verdict="correct")},
    ],
)
async def test_only_graded_runs_with_the_same_settings_are_compared(
    database: Database, changes: dict[str, Any]
) -> None:
    told = await found(database, *ten("small", 2, 5), *ten("large", 8, 7, **changes))
    assert isinstance(told, NotYet)
    assert told.why.endswith("Graded problems so far: small: 10.")


async def test_what_is_missing_is_said(database: Database) -> None:
    told = await found(database, *ten("small", 2, 5), *ten("large", 8, 7)[: PROBLEMS - 1])
    assert isinstance(told, NotYet)
    assert "at least 2 models on the same 5 problems" in told.why and "large: 4, small: 10" in told.why


async def test_other_methods_have_no_such_score(database: Database) -> None:
    assert await found(database, made("small", 0, RIGHT, RIGHT, method="rci")) is None
