"""Whether the parts of a session file fit together: it may come from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import numpy as np

from storage.archive_annotations import moments
from storage.archive_annotations_check import check_annotated
from storage.archive_file import Archive
from storage.archive_zip import wrong
from storage.codec import CodecError, decode
from storage.ids import is_id
from storage.records import Generation
from storage.trace import TokenTrace


def check(archive: Archive, traces: Mapping[str, bytes]) -> None:
    """Refuse an archive that no export makes.

    Raises:
        ArchiveError: with a sentence that says what does not fit.

    """
    _check_ids(archive)
    _check_belonging(archive)
    for generation in archive.generations:
        _check_spans(generation)
    check_annotated(archive.annotated, {generation.id: generation for generation in archive.generations})
    if any(moment.tzinfo is None for moment in _moments(archive)):
        wrong("it has a time without a zone")
    if any(run.live or run.lease_owner is not None for run in archive.runs):
        wrong("it has a run that is still at work")
    _check_traces(traces, {generation.id for generation in archive.generations})


def _check_ids(archive: Archive) -> None:
    lists: Mapping[str, Sequence[str]] = {
        "sessions": [archive.session.id],
        "runs": [run.id for run in archive.runs],
        "generations": [generation.id for generation in archive.generations],
        "scores": [score.id for score in archive.scores],
    }
    for noun, ids in lists.items():
        if len(set(ids)) != len(ids) or not all(map(is_id, ids)):
            wrong(f"its {noun} do not have ids of their own")
    if not all(is_id(run.launch_id) for run in archive.runs):
        wrong("it has a launch without an id")


def _check_belonging(archive: Archive) -> None:
    runs = {run.id for run in archive.runs}
    texts = {generation.id: generation for generation in archive.generations}
    if any(run.session_id != archive.session.id for run in archive.runs):
        wrong("it holds parts of other sessions")
    for generation in archive.generations:
        if generation.run_id not in runs:
            wrong("it holds parts of other sessions")
        if not all(_precedes(texts.get(parent), generation) for parent in generation.parents):
            wrong(f"the text {generation.id} follows one that is not there before it")
    for score in archive.scores:
        about = score.generation_id
        if score.run_id not in runs or (about is not None and not _belongs(texts.get(about), score.run_id)):
            wrong("it has a score of something else")


def _belongs(generation: Generation | None, run_id: str) -> bool:
    return generation is not None and generation.run_id == run_id


def _precedes(parent: Generation | None, child: Generation) -> bool:
    return parent is not None and _belongs(parent, child.run_id) and parent.ordinal < child.ordinal


def _check_spans(generation: Generation) -> None:
    size = len(generation.text.encode())
    if not all(0 <= span.start <= span.end <= size for span in generation.spans):
        wrong(f"the text {generation.id} is shorter than its spans")


def _check_traces(traces: Mapping[str, bytes], generations: set[str]) -> None:
    if not generations.issuperset(traces):
        wrong("it has a token trace of something else")
    for generation, blob in traces.items():
        try:
            trace = decode(blob)
        except CodecError as error:
            wrong(f"the token trace of {generation} cannot be read ({error})")
        if not _used(trace).issubset(trace.pieces):
            wrong(f"the token trace of {generation} does not say what its tokens are")


def _used(trace: TokenTrace) -> set[int]:
    tokens = set(trace.ids.tolist())
    if trace.top_ids is not None and trace.top_logprobs is not None:
        tokens.update(trace.top_ids[np.isfinite(trace.top_logprobs)].tolist())  # the rest only fills the row
    return tokens


def _moments(archive: Archive) -> Iterator[datetime]:
    session = archive.session
    yield from (session.created_at, session.updated_at)
    for run in archive.runs:
        yield from filter(None, (run.created_at, run.started_at, run.finished_at, run.lease_until, run.deleted_at))
    yield from (generation.created_at for generation in archive.generations)
    yield from (score.created_at for score in archive.scores)
    yield from moments(archive.annotated)
