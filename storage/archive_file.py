"""The form of a session file: written in a fixed order, read with suspicion."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from storage.annotations import Adjudication, Annotation, Assignment, Queue, QueueItem
from storage.archive_annotations import Annotated
from storage.archive_zip import LARGEST, TRACES, ArchiveError, Members, add, wrong
from storage.records import Generation, Run, Score, Session

T = TypeVar("T")

FORMAT = "second-thoughts-session"
VERSION = 2
PLAIN = 1  # the version of a file without annotations, which earlier releases read, too
_LISTS = ("session.jsonl", "runs.jsonl", "generations.jsonl", "scores.jsonl")
_ANNOTATED = ("queues.jsonl", "items.jsonl", "assignments.jsonl", "annotations.jsonl", "adjudications.jsonl")
_MANIFEST = "manifest.json"
_UNTOLD = {"sharing"}  # of a session: whom it is shared with here says nothing elsewhere, nor to earlier releases

_SESSION, _RUN = TypeAdapter(Session), TypeAdapter(Run)
_GENERATION, _SCORE = TypeAdapter(Generation), TypeAdapter(Score)
_QUEUE, _ITEM, _ASSIGNMENT = TypeAdapter(Queue), TypeAdapter(QueueItem), TypeAdapter(Assignment)
_ANNOTATION, _ADJUDICATION = TypeAdapter(Annotation), TypeAdapter(Adjudication)


@dataclass(frozen=True, slots=True)
class Archive:
    """A session with everything below it but the token traces."""

    session: Session
    runs: Sequence[Run]
    generations: Sequence[Generation]
    scores: Sequence[Score]
    annotated: Annotated = Annotated()  # noqa: RUF009  # frozen


class Traces(Mapping[str, bytes]):
    """The encoded token traces of an opened file by generation id, each read when it is asked for."""

    def __init__(self, members: Members) -> None:
        self._members = members
        self._ids = [name.removeprefix(TRACES) for name in members if name.startswith(TRACES)]

    def __getitem__(self, generation: str) -> bytes:
        return self._members[TRACES + generation]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def close(self) -> None:
        """Let go of the file."""
        self._members.close()


def pack(path: Path, archive: Archive, traces: Iterable[tuple[str, bytes]]) -> None:
    """Write an archive; its traces are given one by one, as all together may be large.

    Raises:
        ArchiveError: when it is so large that no program would read it.

    """
    lists = [b"".join(map(_line, records)) for records in _lists(archive)]
    if sum(map(len, lists)) > LARGEST:
        raise ArchiveError("The session is too large for one file: delete some of its runs, and export it again.")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        version = VERSION if archive.annotated else PLAIN
        add(file, _MANIFEST, to_json({"format": FORMAT, "version": version}))
        for name, content in zip((*_LISTS, *_ANNOTATED), lists, strict=False):
            add(file, name, content)
        for generation, blob in traces:
            add(file, TRACES + generation, blob, zipfile.ZIP_STORED)


def unpack(path: Path) -> tuple[Archive, Traces]:
    """Read the records of a file, each of the form it should have, and leave the file open for its traces.

    `archive_check` says whether they fit together.

    Raises:
        ArchiveError: with a sentence that says what is wrong.

    """
    members = Members(path, frozenset((_MANIFEST, *_LISTS)), frozenset(_ANNOTATED))
    try:
        version = _version(members[_MANIFEST])
        if (version == VERSION) != all(name in members for name in _ANNOTATED):
            wrong("its version does not fit its parts")
        session, runs, generations, scores = (members[name] for name in _LISTS)
        found = _records(_SESSION, session, "session")
        if len(found) != 1:
            wrong(f"it holds {len(found)} sessions instead of one")
        archive = Archive(
            found[0],
            _records(_RUN, runs, "run"),
            _records(_GENERATION, generations, "generation"),
            _records(_SCORE, scores, "score"),
            _annotated(members) if version == VERSION else Annotated(),
        )
    except BaseException:
        members.close()
        raise
    return archive, Traces(members)


def _lists(archive: Archive) -> tuple[Sequence[object], ...]:
    kept = archive.annotated
    said = (kept.queues, kept.items, kept.assignments, kept.annotations, kept.adjudications) if kept else ()
    return [archive.session], archive.runs, archive.generations, archive.scores, *said


def _annotated(members: Members) -> Annotated:
    queues, items, assignments, annotations, adjudications = (members[name] for name in _ANNOTATED)
    return Annotated(
        _records(_QUEUE, queues, "queue"),
        _records(_ITEM, items, "item"),
        _records(_ASSIGNMENT, assignments, "assignment"),
        _records(_ANNOTATION, annotations, "annotation"),
        _records(_ADJUDICATION, adjudications, "adjudication"),
    )


def _line(record: object) -> bytes:
    # infinite log-probabilities have no other place in JSON
    return to_json(record, inf_nan_mode="constants", exclude=_UNTOLD) + b"\n"


def _version(content: bytes) -> int:
    try:
        manifest = from_json(content)
    except ValueError as error:
        raise ArchiveError("The session file is damaged: its manifest cannot be read.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ArchiveError("This is no session file (.stz): its manifest is that of something else.")
    version = manifest.get("version")
    if type(version) is not int or version not in (PLAIN, VERSION):
        raise ArchiveError(
            f"The session file is of another version than {VERSION}, which this release reads: update this program."
        )
    return version


def _records(adapter: TypeAdapter[T], content: bytes, noun: str) -> list[T]:
    return [_record(adapter, line, f"{noun} {n}") for n, line in enumerate(content.splitlines(), 1)]


def _record(adapter: TypeAdapter[T], line: bytes, place: str) -> T:
    try:
        return adapter.validate_json(line, strict=True)
    except (ValidationError, ValueError) as error:
        raise ArchiveError(f"The session file is damaged: {place} {_complaint(error)}.") from error


def _complaint(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return "cannot be read"
    first = error.errors(include_url=False, include_input=False)[0]
    at = ".".join(map(str, first["loc"])) or "line"
    return f"has a bad {at[:80]} ({first['msg'][:200]})"
