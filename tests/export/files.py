"""Small files of runs as other programs write them, and what is stored of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from storage.database import Database
from storage.records import StoredRun
from storage.repositories import runs
from webapp.export.importing import Report, import_file

LEGS = {"question": "How many legs have 3 cats?", "kind": "numeric", "reference": "12", "source": "legs row 1"}


def corrected(**changes: Any) -> dict[str, Any]:
    """Return a run of our format in which a wrong draft becomes right."""
    row: dict[str, Any] = {
        "problem": dict(LEGS),
        "model": "some-model",
        "method": "self_refine",
        "texts": [
            {"role": "draft", "text": "They have 10 legs. The answer is 10.", "finish_reason": "eos"},
            {"role": "critique", "text": "A cat has 4 legs.", "parents": [0]},
            {"role": "revision", "text": "So 3 × 4. The answer is 12.", "round": 1, "parents": [0, 1]},
        ],
        "seed": 7,
        "params": {"max_rounds": 1},
    }
    return row | changes


def write_lines(path: Path, rows: Sequence[object]) -> Path:
    """Write rows as JSON Lines; bytes stay as they are."""
    path.write_bytes(b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows))
    return path


async def imported(database: Database, path: Path, **options: Any) -> tuple[Report, list[StoredRun]]:
    """Import a file; return what became of it, and the stored runs in the order of the file."""
    report = await import_file(database, path, person="local", **options)
    session = report.session
    if session is None:
        return report, []
    found = await database.read(
        lambda s: [stored for run in runs.of_session(s, session) if (stored := runs.load(s, run.id))]
    )
    return report, found
