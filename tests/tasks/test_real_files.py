"""The whole benchmark files, where they lie beside the repository; the excerpts in data/ run everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from webapp.tasks.graders import grade
from webapp.tasks.problems import make_problem
from webapp.tasks.readers import read

HERE = Path(__file__).parent / "data"
SHARED = Path(__file__).parents[3] / "shared" / "data"
SYSTEMS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
BENCHMARKS = [
    ("gsm8k", "gsm8k_test.jsonl", 1319),
    ("math500", "math500_test.jsonl", 500),
    ("svamp", "svamp_test.jsonl", 1000),
    ("commonsenseqa", "commonsenseqa_dev.jsonl", 1221),
    ("truthfulqa", "truthfulqa_mc.json", 817),
    ("strategyqa", "strategyqa.json", 1603),
    ("aime", "aime24_test.jsonl", 30),
]
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared benchmark data is not beside this clone")


def disagreements(path: Path, system: str) -> tuple[int, int]:
    """Return how many rows there are, and on how many the grader disagrees with the authors' `is_correct`."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    wrong = 0
    for row in rows:
        problem = make_problem(row["question"], "numeric", row["ground_truth"].rpartition("A:")[2])
        wrong += (grade(problem, row[system]["solution"]).verdict == "correct") != row[system]["is_correct"]
    return len(rows), wrong


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_numeric_grader_agrees_with_the_authors_on_twenty_rows(system: str) -> None:
    assert disagreements(HERE / "gsm8k_solutions.jsonl", system) == (20, 0)


@needs_shared
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_numeric_grader_agrees_with_the_authors_on_every_row(system: str) -> None:
    assert disagreements(SHARED / "samples" / "gsm8k_example_model_solutions.jsonl", system) == (1319, 0)


@needs_shared
@pytest.mark.parametrize(("format", "name", "rows"), BENCHMARKS)
def test_every_row_of_a_benchmark_is_read(format: str, name: str, rows: int) -> None:
    problems = read(SHARED / "benchmarks" / name, format)
    assert len(problems) == rows == len({p.id for p in problems})
    assert problems[16].source == f"{format}:17"
    assert all(p.reference is not None for p in problems)


@needs_shared
@pytest.mark.parametrize(
    ("format", "name"),
    [("math500", "math500_test.jsonl"), ("aime", "aime24_test.jsonl"), ("gsm8k", "gsm8k_test.jsonl")],
)
def test_reference_solutions_are_judged_right(format: str, name: str) -> None:
    path = SHARED / "benchmarks" / name
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    solutions = [row["answer" if format == "gsm8k" else "solution"] for row in rows]
    problems = read(path, format)
    assert [p.source for p, s in zip(problems, solutions, strict=True) if grade(p, s).verdict != "correct"] == []
