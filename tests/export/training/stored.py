"""Runs in a database that exports read: made from our own format, so that no model has to run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from storage.database import Database
from tests.export.files import LEGS, write_lines
from webapp.export.importing import import_file

REQUEST = "Are you sure? Check it and answer again."
DOGS = {"question": "How many legs have 2 dogs?", "kind": "numeric", "reference": "8", "source": "legs row 2"}


def two_turns(problem: dict[str, Any], first: str, then: str, seed: int) -> dict[str, Any]:
    """Return a run in which an answer is asked about and given again."""
    asked = {"role": "user", "content": problem["question"]}
    again = [asked, {"role": "assistant", "content": first}, {"role": "user", "content": REQUEST}]
    tokens = [{"id": at, "text": said, "logprob": -0.5} for at, said in enumerate(first)]
    return {
        "problem": problem, "model": "some-model", "method": "two_turn", "seed": seed,
        "texts": [
            {"role": "draft", "text": first, "prompt": [asked], "finish_reason": "eos", "tokens": tokens},
            {"role": "revision", "text": then, "round": 1, "parents": [0], "prompt": again, "finish_reason": "eos"},
        ],
    }  # fmt: skip


RUNS = [
    two_turns(LEGS, "A cat has 4.\nAnswer: 10", "3 times 4.\nAnswer: 12", 0),
    two_turns(LEGS, "A cat has 4.\nAnswer: 12", "Oh.\nAnswer: 7", 1),
    two_turns(DOGS, "Two dogs.\nAnswer: 6", "2 times 4.\nAnswer: 8", 0),
    two_turns(DOGS, "Two dogs.\nAnswer: 8", "Yes.\nAnswer: 8", 1),
]


async def store(database: Database, folder: Path, rows: list[dict[str, Any]] = RUNS) -> str:
    """Store runs in a session of their own, and return its id."""
    report = await import_file(database, write_lines(folder / "runs.jsonl", rows), person="local")
    assert report.session is not None
    assert report.refused == 0, report.refusals
    return report.session
