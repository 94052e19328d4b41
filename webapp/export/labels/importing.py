"""From a file of labels to annotations: onto matching stored texts, else onto new ones; row by row."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path

from storage.annotations import LabelSchema, Steps
from storage.database import Database
from storage.ids import new_id
from storage.records import Session
from webapp.export.foreign import Made, Origin, problem_of, records
from webapp.export.formats import AUTO
from webapp.export.importing import TOLD
from webapp.export.labels import formats
from webapp.export.labels.matching import Matcher
from webapp.export.labels.placing import checked, placed_steps
from webapp.export.labels.row import LabelRow, Placed
from webapp.export.labels.schema import imported_schema
from webapp.export.labels.storing import Target, annotator_name, new_queue, store
from webapp.export.rows import Refusal, readable
from webapp.export.trace_row import Kind, RowError, TraceRow, trace_row

BATCH = 200  # rows that are stored together


@dataclass(slots=True)
class LabelReport:
    """What became of the rows of a file.

    Attributes:
        format: the file's.
        queues: [(id, name)] that labels were stored in.
        session: of the texts that had to be made, None where all matched stored ones.
        imported: rows whose labels were stored.
        matched: how many of these are about texts that were stored before.
        repeated: rows that said again what is stored.
        refused: rows that were not imported.
        refusals: the first of these, with reasons.

    """

    format: str
    queues: list[tuple[str, str]] = field(default_factory=list)
    session: str | None = None
    imported: int = 0
    matched: int = 0
    repeated: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, refusal: Refusal) -> None:
        """Count a row that was not imported."""
        self.refused += 1
        if len(self.refusals) < TOLD:
            self.refusals.append(refusal)


async def import_labels(
    database: Database, path: Path, *, person: str, format: str = AUTO, kind: Kind | None = None
) -> LabelReport:
    """Import a file of labels for a person.

    A text that a run of the person's already holds word for word is labelled there; for others a run is made, in a
    new session named after the file. What is stored already is not stored again.

    Args:
        database: where to.
        path: the file.
        person: who imports; annotators of the file are names that this person may act under.
        format: of the file; by default found by its first row.
        kind: the grader of problems whose kind the file does not say.

    Raises:
        ImportRefused: for a file that cannot be read at all; then nothing was stored.
        DatabaseError: with a sentence; what was stored before stays.

    """
    with readable(path):
        name, found = await asyncio.to_thread(formats.rows, path, format)
        rows = await asyncio.to_thread(list, found)
    read = [row for row in rows if isinstance(row, LabelRow)]
    importing = _Importing(database, path, person, kind, LabelReport(name), read)
    for refusal in rows:
        if isinstance(refusal, Refusal):
            importing.report.refuse(refusal)
    await importing.run()
    return importing.report


class _Importing:
    """One import under way."""

    def __init__(
        self,
        database: Database,
        path: Path,
        person: str,
        kind: Kind | None,
        report: LabelReport,
        rows: Sequence[LabelRow],
    ) -> None:
        self.report = report
        self._database = database
        self._person = person
        self._now = datetime.now(UTC)
        self._session = Session(new_id(), person, path.name, self._now, self._now)
        self._origin = Origin(self._session.id, path.name, report.format, self._now, kind)
        self._rows = rows
        self._targets = _targets(rows, path.name, person, self._now)
        self._matcher = Matcher(person)
        self._made: dict[tuple[str, str, tuple[str, ...]], tuple[str, tuple[str, ...]]] = {}

    async def run(self) -> None:
        """Place and store all rows."""
        remaining = iter(self._rows)
        while batch := list(islice(remaining, BATCH)):
            matches = await self._database.read(partial(self._matcher.find_all, rows=batch))
            placed, made = await asyncio.to_thread(self._placed, batch, matches)
            await self._store(placed, made)
        kept = {target.queue.id: target.queue.name for target in self._targets.values() if target.stored}
        self.report.queues = list(kept.items())

    async def _store(self, placed: list[tuple[Target, Placed]], made: list[Made]) -> None:
        new = self._session if made and self.report.session is None else None
        if not placed:
            return

        done = await self._database.write(partial(store, batch=placed, made=made, session=new, now=self._now))
        for target, state in done.states:
            target.take(state)
        self.report.session = self._session.id if new is not None else self.report.session
        self.report.imported += done.stored
        self.report.matched += done.matched
        self.report.repeated += done.repeated

    def _placed(
        self, batch: Sequence[LabelRow], matches: Sequence[Placed | None]
    ) -> tuple[list[tuple[Target, Placed]], list[Made]]:
        found: list[tuple[Target, Placed]] = []
        made: list[Made] = []
        for row, match in zip(batch, matches, strict=True):
            target = self._targets[_key(row)]
            try:
                steps = match.steps if match is not None else _own_steps(row)
                checked(row, target.queue.schema, steps, [text.text for text in row.texts])
                placed, new = (match, None) if match is not None else self._new(row, steps)
            except RowError as error:
                self.report.refuse(Refusal(row.place, error.field, error.reason))
                continue
            made += [new] if new is not None else []
            found.append((target, placed))
        return found, made

    def _new(self, row: LabelRow, steps: Steps) -> tuple[Placed, Made | None]:
        """Return the row on a run of its own, which a row about the same texts may have made before."""
        key = (row.question, row.model, tuple(text.text for text in row.texts))
        if key in self._made:
            run_id, texts = self._made[key]
            return Placed(row, run_id, texts, steps, row.labels), None
        trace = _trace(row)
        problem = problem_of(trace.problem, self._origin.kind)
        new = records(trace, row.place, self._origin, problem, len(self._made) if row.seed is None else row.seed)
        texts = tuple(text.id for text, _ in new.texts)
        self._made[key] = new.run.id, texts
        return Placed(row, new.run.id, texts, steps, row.labels), new


def _own_steps(row: LabelRow) -> Steps:
    steps = placed_steps(row, [text.text for text in row.texts])
    if steps is None:
        raise RowError("steps", "the text does not hold them one after another")
    return steps


def _trace(row: LabelRow) -> TraceRow:
    reference = row.reference
    kind = row.kind or ("choice" if row.choices and reference else None)
    problem = {
        "question": row.question, "kind": kind, "reference": reference, "choices": row.choices, "source": row.source
    }  # fmt: skip
    texts = [{"role": text.role, "text": text.text, "branch": at} for at, text in enumerate(row.texts)]
    return trace_row(
        {"problem": problem, "model": row.model, "method": row.method, "texts": texts, "params": row.params,
         "seed": row.seed}
    )  # fmt: skip


def _key(row: LabelRow) -> tuple[str, LabelSchema | None, int]:
    return row.queue, row.schema, len(row.texts)


def _targets(
    rows: Sequence[LabelRow], file: str, person: str, now: datetime
) -> dict[tuple[str, LabelSchema | None, int], Target]:
    """Return a queue for all rows that share a schema and a number of texts."""
    grouped: dict[tuple[str, LabelSchema | None, int], list[LabelRow]] = {}
    for row in rows:
        grouped.setdefault(_key(row), []).append(row)
    return {key: _target(key, group, file, person, now) for key, group in grouped.items()}


def _target(
    key: tuple[str, LabelSchema | None, int], rows: Sequence[LabelRow], file: str, person: str, now: datetime
) -> Target:
    queue, schema, texts = key
    names = dict.fromkeys(annotator_name(row) for row in rows if row.decided is None)
    known = schema or imported_schema(label for row in rows for label in row.labels)
    name = queue or (file if texts == 1 else f"{file} (pairs)")
    return Target(new_queue(name, known, person, list(names), now, pairs=texts == 2))
