"""The form of a session file: written in a fixed order, read with suspicion."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from storage.archive_zip import LARGEST, TRACES, ArchiveError, Members, add, wrong
from storage.records import Generation, Run, Score, Session

T = TypeVar("T")

FORMAT = "second-thoughts-session"
VERSION = 1
_LISTS = ("session.jsonl", "runs.jsonl", "generations.jsonl", "scores.jsonl")
_MANIFEST = "manifest.json"

_SESSION, _RUN = TypeAdapter(Session), TypeAdapter(Run)
_GENERATION, _SCORE = TypeAdapter(Generation), TypeAdapter(Score)


@dataclass(frozen=True, slots=True)
class Archive:
    """A session with everything below it but the token traces."""

    session: Session
    runs: Sequence[Run]
    generations: Sequence[Generation]
    scores: Sequence[Score]


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
        add(file, _MANIFEST, to_json({"format": FORMAT, "version": VERSION}))
        for name, content in zip(_LISTS, lists, strict=True):
            add(file, name, content)
        for generation, blob in traces:
            add(file, TRACES + generation, blob, zipfile.ZIP_STORED)


def unpack(path: Path) -> tuple[Archive, Traces]:
    """Read the records of a file, each of the form it should have, and leave the file open for its traces.

    `archive_check` says whether they fit together.

    Raises:
        ArchiveError: with a sentence that says what is wrong.

    """
    members = Members(path, frozenset((_MANIFEST, *_LISTS)))
    try:
        _check_version(members[_MANIFEST])
        session, runs, generations, scores = (members[name] for name in _LISTS)
        found = _records(_SESSION, session, "session")
        if len(found) != 1:
            wrong(f"it holds {len(found)} sessions instead of one")
        archive = Archive(
            found[0],
            _records(_RUN, runs, "run"),
            _records(_GENERATION, generations, "generation"),
            _records(_SCORE, scores, "score"),
        )
    except BaseException:
        members.close()
        raise
    return archive, Traces(members)


def _lists(archive: Archive) -> tuple[Sequence[object], ...]:
    return [archive.session], archive.runs, archive.generations, archive.scores


def _line(record: object) -> bytes:
    # infinite log-probabilities have no other place in JSON
    return to_json(record, inf_nan_mode="constants") + b"\n"


def _check_version(content: bytes) -> None:
    try:
        manifest = from_json(content)
    except ValueError as error:
        raise ArchiveError("The session file is damaged: its manifest cannot be read.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ArchiveError("This is no session file (.stz): its manifest is that of something else.")
    if manifest.get("version") != VERSION:
        raise ArchiveError(
            f"The session file is of another version than {VERSION}, which this release reads: update this program."
        )


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
