"""Accuracy at other temperatures on the Compare page, against listing every text of a small language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from storage.records import Outcome
from storage.repositories import generations, runs, sessions
from tests.analysis.drawn_texts import accuracy_at, drawn_at
from tests.enumeration import Language
from tests.reports.made import problem
from tests.storage.making import generation, run, session
from webapp.reports.comparison import Comparing
from webapp.runs.selected import drawn
from webapp.runs.selected.service import Comparisons, Wanted

GRID = [0.8, 1.0, 1.2]
LANGUAGES = [Language(seed=3), Language(seed=4)]
WANTED = Wanted(sessions=("s1",))


async def part_of(folder: Path, grid: str, samples: int = 1000) -> dict[str, Any]:
    """Return the part about temperatures of a side whose samples, all drawn at temperature 1, kept a grid."""
    database = Database.open(folder / "runs.db")

    def store(s: Any) -> None:
        sessions.create(s, session())
        for number, language in enumerate(LANGUAGES):
            made = run(
                f"r{number}", problem=problem(number), params={"temperature": 1.0, "other_temperatures": grid},
                input_run=None, branch_of=None, outcome=Outcome("4", "correct", "4", "correct"),
                method="self_consistency",
            )  # fmt: skip
            runs.add(s, made)
            for branch, attempt in enumerate(drawn_at(language, 1.0, samples, GRID, seed=number)):
                text = generation(
                    f"g{number}-{branch}", run_id=made.id, ordinal=branch, branch=branch, role="draft", round=0,
                    verdict="correct" if attempt.right else "incorrect", sampling={"temperature": 1.0},
                    status="finished",
                )  # fmt: skip
                generations.save(s, replace(text, parents=()), attempt.trace)

    await database.write(store)
    told = await Comparing(Comparisons(database, "local")).texts(WANTED, 0, None)
    await database.close()
    return next(each for each in told["parts"] if each["key"] == "temperatures")


def column(part: dict[str, Any], head: str) -> Sequence[Any]:
    at = [each["head"] for each in part["table"]["columns"]].index(head)
    return [row[at] for row in part["table"]["rows"]]


async def test_estimates_come_near_the_truth_and_what_was_drawn_is_marked(tmp_path: Path) -> None:
    part = await part_of(tmp_path, "0.8, 1, 1.2")
    truth = [sum(accuracy_at(language, t) for language in LANGUAGES) / 2 for t in GRID]
    assert column(part, "Temperature") == GRID
    assert column(part, "accuracy") == pytest.approx(truth, abs=0.03)
    assert column(part, "reliable") == ["yes", "yes", "yes"]
    [measured] = [trace for trace in part["figure"]["data"] if trace.get("name") == "drawn"]
    assert measured["x"] == [1.0]
    assert measured["y"] == pytest.approx([column(part, "accuracy")[1]], abs=1e-4), "at 1 no text weighs more"


async def test_whole_problems_are_left_out_where_there_are_too_many_traces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawn, "MOST_TRACES", 30)
    part = await part_of(tmp_path, "1", samples=20)
    assert "first drafts of 1 of 2 problems" in part["reading"]


@pytest.mark.parametrize(("grid", "why"), [("", "kept no grid"), ("3", "temperature 3 were not kept")])
async def test_without_the_numbers_it_says_what_to_do(tmp_path: Path, grid: str, why: str) -> None:
    part = await part_of(tmp_path, grid, samples=20)
    assert why in (part["why"] or part["reading"]) and part["figure"] is None
