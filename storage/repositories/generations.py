"""Generations and their token traces: stored when a text is finished, and now and then before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import islice

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from storage import tables
from storage.codec import decode, encode
from storage.records import Generation, Span
from storage.repositories.run_rows import cost_record, cost_values
from storage.repositories.shared import in_pieces
from storage.text import clean, fold
from storage.trace import TokenTrace, TraceSummary

BATCH = 100  # texts at a time when many are stored: their traces lie in memory together
_SUMMARY = tuple(field.name for field in fields(TraceSummary))


def save(s: Session, generation: Generation, trace: TokenTrace | None) -> None:
    """Insert or update a text, partial or finished; without a trace a stored one stays.

    A finished text is never made partial again.
    """
    put(s, generation, None if trace is None else encode(trace))


def put(s: Session, generation: Generation, blob: bytes | None) -> None:
    """Insert or update a text with its trace as it is stored."""
    row = tables.Generation
    stored = s.scalar(select(row.status).where(row.id == generation.id))
    if stored == "finished" and generation.status == "partial":
        return
    values = _values(generation)
    if stored is None:
        s.execute(insert(row).values(id=generation.id, **values))
    else:
        s.execute(update(row).where(row.id == generation.id).values(**values))
    if blob is not None:
        _put_trace(s, generation.id, blob)


def add_all(s: Session, texts: Iterable[tuple[Generation, bytes | None]]) -> None:
    """Store many new texts with their traces as they are stored, a few at a time."""
    remaining = iter(texts)
    while batch := list(islice(remaining, BATCH)):
        s.execute(insert(tables.Generation), [{"id": text.id, **_values(text)} for text, _ in batch])
        traced = [{"generation_id": text.id, "blob": blob} for text, blob in batch if blob is not None]
        if traced:
            s.execute(insert(tables.TokenTrace), traced)


def get(s: Session, generation_id: str) -> Generation | None:
    """Return a text, None when there is none."""
    row = s.get(tables.Generation, generation_id)
    return None if row is None else _record(row)


def of_run(s: Session, run_id: str) -> list[Generation]:
    """Return the texts of a run in order, without their traces."""
    row = tables.Generation
    return [_record(r) for r in s.scalars(select(row).where(row.run_id == run_id).order_by(row.ordinal, row.id))]


def sizes(s: Session, ids: Sequence[str]) -> dict[str, int]:
    """Return how many bytes texts have, by their ids."""
    row = tables.Generation
    pieces = (s.execute(select(row.id, row.text).where(row.id.in_(piece))) for piece in in_pieces(ids))
    return {key: len(text.encode()) for rows in pieces for key, text in rows}


def first_verdicts(s: Session, run_ids: Sequence[str]) -> dict[str, Counter[str]]:
    """Return by run how many of its finished first drafts have which verdict."""
    row = tables.Generation
    first = (row.role == "draft", row.round == 0, row.status == "finished")
    query = select(row.run_id, row.verdict, func.count()).where(*first).group_by(row.run_id, row.verdict)
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for ids in in_pieces(run_ids):
        for run_id, verdict, count in s.execute(query.where(row.run_id.in_(ids))):
            found[run_id][verdict] = count
    return dict(found)


def of_session(s: Session, session_id: str) -> list[Generation]:
    """Return the texts of a session's runs that are not deleted, without traces: run by run, each in order."""
    row, run = tables.Generation, tables.Run
    query = select(row).join(run, run.id == row.run_id)
    query = query.where(run.session_id == session_id, run.deleted_at.is_(None)).order_by(
        row.run_id, row.ordinal, row.id
    )
    return [_record(found) for found in s.scalars(query)]


def traces(s: Session, ids: Sequence[str]) -> dict[str, TokenTrace]:
    """Return the token traces of generations, by their ids; those that have none are left out.

    Raises:
        storage.codec.CodecError: for a damaged one.

    """
    return {generation: decode(blob) for generation, blob in blobs(s, ids)}


def blobs(s: Session, ids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the stored traces of generations, undecoded, in the order of their ids."""
    row = tables.TokenTrace
    for piece in in_pieces(sorted(ids)):
        query = select(row.generation_id, row.blob).where(row.generation_id.in_(piece)).order_by(row.generation_id)
        yield from ((key, blob) for key, blob in s.execute(query.execution_options(yield_per=16)))


def interrupt(s: Session, run_ids: Sequence[str]) -> None:
    """Say of the unfinished texts of runs that they were interrupted."""
    row = tables.Generation
    for piece in in_pieces(run_ids):
        unfinished = (row.run_id.in_(piece), row.status == "partial", row.finish_reason.is_(None))
        s.execute(update(row).where(*unfinished).values(finish_reason="interrupted"))


def _put_trace(s: Session, generation_id: str, blob: bytes) -> None:
    row = tables.TokenTrace
    known = s.scalar(select(row.generation_id).where(row.generation_id == generation_id))
    if known is None:
        s.execute(insert(row).values(generation_id=generation_id, blob=blob))
    else:
        s.execute(update(row).where(row.generation_id == generation_id).values(blob=blob))


def _values(generation: Generation) -> dict[str, object]:
    text = clean(generation.text)
    summary = generation.summary
    return {
        "run_id": generation.run_id,
        "ordinal": generation.ordinal,
        "role": generation.role,
        "label": generation.label,
        "branch": generation.branch,
        "round": generation.round,
        "parents": generation.parents,
        "messages": generation.messages,
        "prefix": generation.prefix,
        "sampling": generation.sampling,
        "status": generation.status,
        "finish_reason": generation.finish_reason,
        "text": text,
        "folded": fold(text),
        "replaced": generation.replaced or text != generation.text,
        "spans": [(span.start, span.end, span.origin) for span in generation.spans],
        "answer": generation.answer,
        "verdict": generation.verdict,
        "grader": generation.grader,
        "created_at": generation.created_at,
        "started": generation.started,
        "copied_from": generation.copied_from,
        **cost_values(generation.cost),
        **{name: None if summary is None else getattr(summary, name) for name in _SUMMARY},
    }


def _record(row: tables.Generation) -> Generation:
    return Generation(
        id=row.id,
        run_id=row.run_id,
        ordinal=row.ordinal,
        role=row.role,  # type: ignore[arg-type]  # only literals of these types are ever stored
        label=row.label,
        created_at=row.created_at,
        branch=row.branch,
        round=row.round,
        parents=tuple(row.parents),
        messages=tuple((role, content) for role, content in row.messages),
        prefix=tuple(row.prefix),
        sampling=row.sampling,
        status=row.status,  # type: ignore[arg-type]
        finish_reason=row.finish_reason,  # type: ignore[arg-type]
        text=row.text,
        replaced=row.replaced,
        spans=tuple(Span(start, end, origin) for start, end, origin in row.spans),
        answer=row.answer,
        verdict=row.verdict,  # type: ignore[arg-type]
        grader=row.grader,
        cost=cost_record(row),
        started=row.started,
        copied_from=row.copied_from,
        summary=None if row.tokens is None else TraceSummary(**{name: getattr(row, name) for name in _SUMMARY}),
    )
