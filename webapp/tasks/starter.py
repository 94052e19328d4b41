"""The starter problems: our own questions on which the embedded model wavers, with how often it was right."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from storage.records import Problem
from webapp.tasks.problems import make_problem

DATA = Path(__file__).parent / "data" / "starter_problems.json"
SOURCE = "starter"


@dataclass(frozen=True, slots=True)
class StarterProblem:
    """A problem with its measured pass rate (0 to 1) over that many samples; one of them is shown first."""

    problem: Problem
    category: str
    pass_rate: float
    samples: int
    first: bool = False


@dataclass(frozen=True, slots=True)
class Measurement:
    """How the pass rates were obtained; `date` is ISO 8601."""

    model: str
    revision: str
    dtype: str
    temperature: float
    max_tokens: int
    seed: int
    date: str


@cache
def starter_problems() -> tuple[StarterProblem, ...]:
    """Return the starter problems, the one for a first visit at the head."""
    rows = [_starter(row, number) for number, row in enumerate(_data()["problems"], start=1)]
    return tuple(sorted(rows, key=lambda starter: not starter.first))


@cache
def measurement() -> Measurement:
    """Return how the pass rates were measured (by `python -m tests.measure_starter_problems`)."""
    return Measurement(**_data()["measured"])


def _starter(row: dict[str, Any], number: int) -> StarterProblem:
    problem = make_problem(
        row["question"], row["kind"], row["reference"], row.get("choices", ()),
        source=f"{SOURCE}:{number}", tags=(row["category"],),
    )  # fmt: skip
    return StarterProblem(
        problem, row["category"], row["right"] / row["samples"], row["samples"], row.get("first", False)
    )


def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return data
