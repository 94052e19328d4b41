"""An experiment as a table, a row a cell: CSV, JSON Lines or Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from sqlalchemy.orm import Session as OrmSession

from storage.experiments import CellRow, Experiment
from storage.repositories import cells as cell_store
from webapp.experiments.names import arm_names
from webapp.experiments.spec import ExperimentSpec
from webapp.runs.request import BadRequest

Row: TypeAlias = Mapping[str, Any]
Writer: TypeAlias = Callable[[Path, Iterable[Row]], None]

Kind: TypeAlias = Literal["text", "whole", "number", "yes or no"]

COLUMNS: Mapping[str, Kind] = MappingProxyType({
    "experiment": "text", "name": "text", "position": "whole", "arm": "whole", "title": "text", "method": "text",
    "method_version": "text", "params": "text", "model": "text", "problem": "text", "source": "text", "kind": "text",
    "question": "text", "reference": "text", "seed": "whole", "state": "text", "error": "text", "attempts": "whole",
    "run": "text", "first_answer": "text", "first_verdict": "text", "answer": "text", "verdict": "text",
    "oracle": "yes or no", "generated_tokens": "whole", "prompt_tokens": "whole", "calls": "whole",
    "seconds": "number", "started_at": "text", "finished_at": "text",
})  # fmt: skip
GROUP = 1_000  # rows that are held at once for Parquet


def formats() -> tuple[str, ...]:
    """Return the endings of the files that can be written."""
    return tuple(_WRITERS)


def write(s: OrmSession, experiment: Experiment, path: Path) -> None:
    """Write the table of an experiment; the ending of the path says how.

    Raises:
        BadRequest: with a sentence, when the ending is none of those, or the file cannot be written.

    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise BadRequest(f"{path.name}: the file must end in one of {', '.join(formats())}.")
    try:
        writer(path, rows(s, experiment))
    except OSError as error:
        raise BadRequest(f"{path} cannot be written ({(error.strerror or str(error)).lower()}).") from error


def rows(s: OrmSession, experiment: Experiment) -> Iterator[Row]:
    """Yield a row a cell in the order of the grid; what is not known of a cell is None."""
    names = arm_names(ExperimentSpec.model_validate(experiment.spec))
    for cell, rest in cell_store.every(s, experiment.id):
        yield _row(experiment, names[cell.arm], cell, rest)


def _row(experiment: Experiment, title: str, cell: CellRow, rest: Mapping[str, Any]) -> Row:
    ran = cell.run_status is not None
    params = experiment.spec["methods"][cell.arm]["params"] if rest["params"] is None else rest["params"]
    values = {
        "experiment": experiment.id, "name": experiment.name, "position": cell.position, "arm": cell.arm,
        "title": title, "method": cell.method, "method_version": rest["method_version"],
        "params": json.dumps(params, ensure_ascii=False, sort_keys=True), "model": cell.model,
        "problem": cell.problem_id, "source": cell.source, "kind": rest["kind"], "question": rest["whole_question"],
        "reference": rest["reference"], "seed": cell.seed, "state": cell.state, "error": cell.error,
        "attempts": cell.attempts, "run": cell.run_id, "first_answer": rest["whole_first_answer"],
        "first_verdict": cell.first_verdict, "answer": rest["whole_answer"], "verdict": cell.verdict,
        "oracle": cell.oracle if ran else None, "generated_tokens": cell.cost.generated_tokens if ran else None,
        "prompt_tokens": cell.cost.prompt_tokens if ran else None, "calls": cell.cost.calls if ran else None,
        "seconds": cell.cost.seconds if ran else None,
    }  # fmt: skip
    times = {name: rest[name] and rest[name].isoformat() for name in ("started_at", "finished_at")}
    return values | times


def _csv(path: Path, table: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(COLUMNS))
        writer.writeheader()
        writer.writerows(table)


def _json_lines(path: Path, table: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps({name: row[name] for name in COLUMNS}, ensure_ascii=False) + "\n" for row in table)


def _parquet(path: Path, table: Iterable[Row]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {"text": pa.string(), "whole": pa.int64(), "number": pa.float64(), "yes or no": pa.bool_()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    with parquet.ParquetWriter(path, schema) as file:
        for group in _groups(table):
            file.write_table(pa.Table.from_pylist(group, schema))


def _groups(table: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(table)
    while group := list(islice(left, GROUP)):
        yield group


_WRITERS: Mapping[str, Writer] = {".csv": _csv, ".jsonl": _json_lines, ".parquet": _parquet}
