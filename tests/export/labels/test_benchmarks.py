"""First-error files of public benchmarks: their steps and their first errors, as they were published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from tests.export.files import write_lines
from tests.export.labels.stored import labelled
from webapp.export.rows import ImportRefused

EXCERPTS = Path(__file__).parent / "excerpts"


def published(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EXCERPTS / name).read_text("utf-8").split("\n") if line]


async def test_big_bench_mistake(database: Database) -> None:
    report, said = await labelled(database, EXCERPTS / "bigbench_mistake.jsonl")
    assert (report.format, report.imported, report.refused) == ("big-bench-mistake", 2, 0)
    for row, each in zip(published("bigbench_mistake.jsonl"), said, strict=True):
        assert each.steps() == row["steps"]
        index = row["mistake_index"]
        assert each.answers() == {"first_error": "none" if index is None else index}
        assert (each.run.problem.reference, each.run.problem.kind) == (row["target"], "numeric")
    assert [each.run.outcome.verdict for each in said] == ["correct", "incorrect"]


async def test_mr_ben(database: Database) -> None:
    report, said = await labelled(database, EXCERPTS / "mr_ben_math.jsonl")
    assert (report.format, report.imported, report.refused) == ("mr-ben", 2, 0)
    wrong = next(each for each in said if each.answers()["outcome"] == "wrong")
    row = next(row for row in published("mr_ben_math.jsonl") if row["Model_Solution_Correctness"] == "incorrect")
    assert wrong.run.model.id == "Claude2"
    assert wrong.steps() == row["Model_Solution_Steps"]
    answers = wrong.answers()
    assert (answers["first_error"], answers["outcome"]) == (1, "wrong")
    assert answers["note"].endswith("Rectified step: " + row["Model_Solution_Rectified_First_Error_Step"][1])
    assert wrong.run.problem.choices == ("50 + 50i", "50 – 50i", "25 + 25i", "25 – 25i")
    assert (wrong.run.outcome.answer, wrong.run.outcome.verdict) == ("D", "incorrect")
    right = next(each for each in said if each is not wrong)
    assert right.answers() == {"first_error": "none", "outcome": "right"}


def mr_gsm8k(**changes: Any) -> dict[str, Any]:
    return {
        "uuid": "u1", "question": "How many legs have 3 cats?", "ground_truth_answer": "12",
        "model_output_steps": ["A cat has 4 legs.", "4 + 3 = 7.", "Answer: 7"],
        "model_output_solution_correctness": "wrong", "model_output_solution_first_error_step": 2,
        "model_output_solution_first_error_reason": "Added instead of multiplied.",
    } | changes  # fmt: skip


async def test_mr_gsm8k_as_one_list(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "MR-GSM8K.json"
    flawless = mr_gsm8k(model_output_solution_first_error_step="N/A", model_output_solution_correctness="correct")
    path.write_text(json.dumps([mr_gsm8k(), flawless | {"model_output_steps": "4 × 3 = 12.\nAnswer: 12"}]))
    report, said = await labelled(database, path)
    assert (report.format, report.imported) == ("mr-gsm8k", 2)
    assert said[0].answers() == {
        "first_error": 1,
        "outcome": "wrong",
        "note": "Added instead of multiplied.",
    }
    assert said[1].answers()["first_error"] == "none"
    assert said[1].steps() == ["4 × 3 = 12.", "Answer: 12"]


async def test_steps_that_say_nothing_are_left_out_and_the_error_stays_where_it_was(
    database: Database, tmp_path: Path
) -> None:
    row = mr_gsm8k(
        model_output_steps=["A cat has 4 legs.", " ", "4 + 3 = 7."], model_output_solution_first_error_step=3
    )
    _, [said] = await labelled(database, write_lines(tmp_path / "rows.jsonl", [row]))
    assert said.steps()[said.answers()["first_error"]] == "4 + 3 = 7."


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"model_output_solution_first_error_step": 4}, "there is no such step; the solution has 3"),
        ({"model_output_solution_first_error_step": 0}, "steps count from 1"),
        ({"model_output_solution_first_error_step": "two"}, "'two' is neither a number nor N/A"),
        ({"model_output_steps": []}, "it has to be a list of texts"),
        ({"model_output_solution_correctness": "perhaps"}, "'perhaps' is none of"),
        ({"question": " "}, "it has to be a text"),
    ],
)
async def test_rows_are_refused_one_by_one(
    database: Database, tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [mr_gsm8k(**changes), b"no json", mr_gsm8k()])
    report, said = await labelled(database, path)
    assert (report.imported, report.refused, len(said)) == (1, 2, 1)
    assert says in str(report.refusals[0])
    assert str(report.refusals[1]).startswith("line 2: it is no JSON")


async def test_a_file_in_no_known_format_is_refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="in no known format of labels"):
        await labelled(database, write_lines(tmp_path / "rows.jsonl", [{"colour": "red"}]))
    (tmp_path / "broken.json").write_text("[1,")
    with pytest.raises(ImportRefused, match="is no JSON list"):
        await labelled(database, tmp_path / "broken.json")
