"""From a file of somebody else's runs to a session: row by row, many rows to a transaction."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy.orm import Session as OrmSession

from storage.database import Database
from storage.ids import new_id
from storage.records import Session
from storage.repositories import generations, runs, scores, sessions
from webapp.export.foreign import Made, Origin, problem_of, records
from webapp.export.formats import AUTO, READERS, format_of
from webapp.export.rows import Found, Refusal, Repeat, Row, readable
from webapp.export.trace_row import Kind, RowError

BATCH = 500  # rows that are graded and stored together
TOLD = 1_000  # refusals that are kept with their reasons; all are counted


@dataclass(slots=True)
class Report:
    """What became of the rows of a file; `session` is None when none was imported."""

    format: str
    session: str | None = None
    imported: int = 0
    refused: int = 0
    repeated: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, refusal: Refusal) -> None:
        """Count a row that was not imported."""
        self.refused += 1
        if len(self.refusals) < TOLD:
            self.refusals.append(refusal)


async def import_file(
    database: Database,
    path: Path,
    *,
    person: str,
    session: str = "",
    format: str = AUTO,
    kind: Kind | None = None,
) -> Report:
    """Import the runs of a file into a new session of a person; by default it is named after the file.

    What was stored before the database failed stays, as whole runs. `kind` judges problems whose kind the file
    does not say.

    Raises:
        ImportRefused: for a file that cannot be read at all; then nothing was stored.
        DatabaseError: with a sentence.

    """
    with readable(path):
        format = await asyncio.to_thread(format_of, path, format)
    now = datetime.now(UTC)
    made = Session(new_id(), person, session or path.name, now, now)
    origin = Origin(made.id, path.name, format, now, kind)
    report = Report(format)
    batches = _batches(READERS[format](path), origin, report)
    while batch := await _next(batches, path):
        new = None if report.session else made
        await database.write(lambda s, batch=batch, new=new: _store(s, batch, new))  # type: ignore[misc]
        report.session = made.id
        report.imported += len(batch)
    return report


async def _next(batches: Iterator[list[Made]], path: Path) -> list[Made] | None:
    with readable(path):
        return await asyncio.to_thread(next, batches, None)


def _batches(rows: Iterator[Row], origin: Origin, report: Report) -> Iterator[list[Made]]:
    made = _made(rows, origin, report)
    while batch := list(islice(made, BATCH)):
        yield batch


def _made(rows: Iterator[Row], origin: Origin, report: Report) -> Iterator[Made]:
    seen: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        match row:
            case Found(place, trace):
                try:
                    problem = problem_of(trace.problem, origin.kind)
                    like = (problem.id, trace.method, trace.model, json.dumps(trace.params, sort_keys=True))
                    # A run without a seed is told from its repetitions by their number.
                    seed = seen[like] if trace.seed is None else trace.seed
                    made = records(trace, place, origin, problem, seed)
                except RowError as error:
                    report.refuse(Refusal(place, error.field, error.reason))
                else:
                    seen[like] += 1
                    yield made
            case Refusal():
                report.refuse(row)
            case Repeat():
                report.repeated += 1


def _store(s: OrmSession, batch: list[Made], new: Session | None) -> None:
    if new is not None:
        sessions.create(s, new)
    runs.add_all(s, [made.run for made in batch])
    generations.add_all(s, (text for made in batch for text in made.texts))
    scores.add_all(s, [score for made in batch for score in made.scores])
