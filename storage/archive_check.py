"""Whether the parts of a session file fit together: it may come from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from storage.archive_file import Archive, wrong
from storage.codec import CodecError, decode
from storage.ids import is_id


def check(archive: Archive) -> None:
    """Refuse an archive that no export makes.

    Raises:
        ArchiveError: with a sentence that says what does not fit.

    """
    _check_ids(archive)
    _check_belonging(archive)
    if any(moment.tzinfo is None for moment in _moments(archive)):
        wrong("it has a time without a zone")
    if any(run.live or run.lease_owner is not None for run in archive.runs):
        wrong("it has a run that is still at work")
    _check_traces(archive.traces, {generation.id for generation in archive.generations})


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
    owners = {generation.id: generation.run_id for generation in archive.generations}
    if any(run.session_id != archive.session.id for run in archive.runs) or not runs.issuperset(owners.values()):
        wrong("it holds parts of other sessions")
    for score in archive.scores:
        about = score.generation_id
        if score.run_id not in runs or (about is not None and owners.get(about) != score.run_id):
            wrong("it has a score of something else")


def _check_traces(traces: Mapping[str, bytes], generations: set[str]) -> None:
    if not generations.issuperset(traces):
        wrong("it has a token trace of something else")
    for generation, blob in traces.items():
        try:
            decode(blob)
        except CodecError as error:
            wrong(f"the token trace of {generation} cannot be read ({error})")


def _moments(archive: Archive) -> Iterator[datetime]:
    session = archive.session
    yield from (session.created_at, session.updated_at)
    for run in archive.runs:
        yield from filter(None, (run.created_at, run.started_at, run.finished_at, run.lease_until, run.deleted_at))
    yield from (generation.created_at for generation in archive.generations)
    yield from (score.created_at for score in archive.scores)
