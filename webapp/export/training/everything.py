"""Everything that is known of runs, one JSON object a line: texts, scores, labels, and every token with its signals.

A line holds `problem`, `run`, `texts`, `scores` and `labels`. Of a text, `tokens` are columns of equal length: `id`,
`text`, and the signals of the token trace in nats (null where one is not known); `top_ids` and `top_logprobs` hold a
row a token, and `alternatives` what each of these ids spells. Texts without a stored trace have null for `tokens`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy.orm import Session as OrmSession

from storage.database import Database
from storage.records import Generation, StoredRun
from storage.repositories import runs
from storage.repositories.selected import Wanted
from storage.text import storable
from storage.trace import COLUMNS, TokenTrace
from webapp.export.labels.exporting import label_lines
from webapp.export.training.reading import selected_runs

_RUN = (
    "id", "session_id", "method", "method_version", "params", "seed", "status", "oracle", "cost", "outcome", "notes",
    "tags",
)  # fmt: skip
DIGITS = 6  # significant ones: float32 holds no more


async def export_everything(database: Database, wanted: Wanted, path: Path) -> int:
    """Write a line a finished run; return how many.

    Raises:
        NothingSelected: where no selected run is finished.
        DatabaseError: with a sentence.

    """
    found = await selected_runs(database, wanted)
    count = 0
    with path.open("w", encoding="utf-8", errors="replace") as file:
        for run in found:
            line = await database.read(lambda s, run=run: line_of(s, run.id))  # type: ignore[misc]
            if line is not None:
                file.write(line + "\n")
                count += 1
    return count


def line_of(s: OrmSession, run_id: str) -> str | None:
    """Return a run as a line, None where it is gone."""
    stored = runs.load(s, run_id)
    if stored is None:
        return None
    labels = [json.loads(line) for line in label_lines(s, [run_id])]
    return json.dumps(storable(_content(stored) | {"labels": labels}), ensure_ascii=False, default=str)


def _content(stored: StoredRun) -> dict[str, Any]:
    run = asdict(stored.run)
    return {
        "problem": run["problem"],
        "model": run["model"],
        "run": {name: run[name] for name in _RUN},
        "texts": [_text(text, stored.traces.get(text.id)) for text in stored.generations],
        "scores": [asdict(score) for score in stored.scores],
    }


def _text(text: Generation, trace: TokenTrace | None) -> dict[str, Any]:
    return asdict(text) | {"tokens": None if trace is None else _tokens(trace)}


def _tokens(trace: TokenTrace) -> dict[str, Any]:
    columns = {name: _column(getattr(trace, name)) for name in COLUMNS if name != "ids"}
    certainty = trace.self_certainty
    alternatives = () if trace.top_ids is None else sorted({int(i) for i in trace.top_ids.ravel()})
    return {
        "id": trace.ids.tolist(),
        "text": trace.token_texts(),
        **columns,
        "self_certainty": _column(certainty),
        "vocabulary": trace.vocab_size,
        "entropy_is_lower_bound": trace.entropy_is_lower_bound,
        "alternatives": {
            str(i): trace.pieces[i].decode("utf-8", "replace") for i in alternatives if i in trace.pieces
        },
    }


def _column(values: np.ndarray[Any, Any] | None) -> list[Any] | None:
    if values is None:
        return None
    if values.dtype.kind != "f":
        return list(values.tolist())
    return _rounded(values.astype(np.float64).tolist())


def _rounded(values: Sequence[Any]) -> list[Any]:
    return [_rounded(v) if isinstance(v, list) else v if v != v else float(f"{v:.{DIGITS}g}") for v in values]
