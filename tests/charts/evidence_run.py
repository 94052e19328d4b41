"""A stored run made by hand, for charts: what they are given, and what they return."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from storage.records import Generation, ModelRecord, Outcome, Problem, Run, Score
from storage.trace import TraceSummary
from webapp.charts.evidence import Evidence, Table

BEGAN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MODEL = ModelRecord("model", "hub", "main", "cpu", "float32", "eager", 1e-4, 49152, 8192)


def run(**outcome: Any) -> Run:
    problem = Problem("q", "What is 6 times 7?", "numeric", "42")
    return Run(
        "r", "s", "l", 0, problem, "p_true", "1", {}, 0, MODEL, BEGAN, status="finished", outcome=Outcome(**outcome)
    )


def text(key: str, branch: int = 0, **changes: Any) -> Generation:
    fields: dict[str, Any] = {
        "role": "draft",
        "label": "draft",
        "answer": "42",
        "verdict": "correct",
        "ordinal": branch,
    }
    summary = TraceSummary(12, mean_entropy=0.8, mean_logprob=-0.5 - branch, self_certainty=9.5)
    fields |= {"status": "finished", "text": "Answer: 42", "summary": summary}
    return Generation(key, "r", created_at=BEGAN, branch=branch, **(fields | changes))


def score(name: str, about: str | None = None, value: float | None = 0.5, **details: Any) -> Score:
    return Score(f"{name}-{about}", "r", about, name, value, f"how {name} is read", BEGAN, details)


def drawn(found: Evidence) -> Any:
    assert found.figure is not None
    return json.loads(found.figure.to_json())


def table(found: Evidence) -> Table:
    assert found.table is not None
    return found.table
