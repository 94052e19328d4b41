"""The form of a session file: written in a fixed order, read with suspicion."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from storage.errors import DatabaseError, from_system
from storage.ids import is_id
from storage.records import Generation, Run, Score, Session

T = TypeVar("T")

FORMAT = "second-thoughts-session"
VERSION = 1
LARGEST = 2**29  # bytes of all members unpacked
MOST_MEMBERS = 100_000
TRACES = "traces/"
_LISTS = ("session.jsonl", "runs.jsonl", "generations.jsonl", "scores.jsonl")
_MANIFEST = "manifest.json"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same time in every file, so that equal content makes equal files

_SESSION, _RUN = TypeAdapter(Session), TypeAdapter(Run)
_GENERATION, _SCORE = TypeAdapter(Generation), TypeAdapter(Score)


class ArchiveError(DatabaseError):
    """The session file cannot be read; the text says why, and nothing was imported."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A session with everything below it; traces by generation id, encoded."""

    session: Session
    runs: Sequence[Run]
    generations: Sequence[Generation]
    scores: Sequence[Score]
    traces: Mapping[str, bytes] = field(default_factory=dict)


def pack(path: Path, archive: Archive, traces: Iterable[tuple[str, bytes]]) -> None:
    """Write an archive; its traces are given one by one, as all together may be large."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        _add(file, _MANIFEST, to_json({"format": FORMAT, "version": VERSION}))
        for name, records in zip(_LISTS, _lists(archive), strict=True):
            # infinite log-probabilities have no other place in JSON
            _add(file, name, b"".join(to_json(record, inf_nan_mode="constants") + b"\n" for record in records))
        for generation, blob in traces:
            _add(file, TRACES + generation, blob, zipfile.ZIP_STORED)


def unpack(path: Path) -> Archive:
    """Read an archive, each record of the form it should have; `archive_check` says whether they fit together.

    Raises:
        ArchiveError: with a sentence that says what is wrong.

    """
    try:
        with zipfile.ZipFile(path) as file:
            archive = _read(file)
    except zipfile.BadZipFile as error:
        raise ArchiveError(f"{path.name} is no session file (.stz), or it is damaged.") from error
    except OSError as error:
        raise from_system(error, str(path)) from error
    except (zlib.error, EOFError, RuntimeError, NotImplementedError, MemoryError) as error:
        raise ArchiveError(f"The session file is damaged: {error}.") from error
    return archive


def wrong(what: str) -> NoReturn:
    """Refuse a file whose parts do not fit together.

    Raises:
        ArchiveError: always.

    """
    raise ArchiveError(f"The session file is damaged or was changed by hand: {what}.")


def _lists(archive: Archive) -> tuple[Sequence[object], ...]:
    return [archive.session], archive.runs, archive.generations, archive.scores


def _add(file: zipfile.ZipFile, name: str, content: bytes, compression: int = zipfile.ZIP_DEFLATED) -> None:
    member = zipfile.ZipInfo(name, _LONG_AGO)
    member.compress_type = compression
    member.external_attr = 0o600 << 16
    file.writestr(member, content)


def _read(file: zipfile.ZipFile) -> Archive:
    members = _members(file)
    _check_version(_content(file, members[_MANIFEST]))
    session, runs, generations, scores = (_content(file, members[name]) for name in _LISTS)
    found = _records(_SESSION, session, "session")
    if len(found) != 1:
        wrong(f"it holds {len(found)} sessions instead of one")
    traces = {
        name.removeprefix(TRACES): _content(file, member)
        for name, member in members.items()
        if name.startswith(TRACES)
    }
    return Archive(
        found[0],
        _records(_RUN, runs, "run"),
        _records(_GENERATION, generations, "generation"),
        _records(_SCORE, scores, "score"),
        traces,
    )


def _members(file: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    listed = file.infolist()
    names = {member.filename for member in listed}
    if len(listed) > MOST_MEMBERS or sum(member.file_size for member in listed) > LARGEST:
        raise ArchiveError("The session file is too large to be one: it unpacks to more than any session holds.")
    if not names.issuperset((_MANIFEST, *_LISTS)):
        raise ArchiveError("This is no session file (.stz): it is a zip of something else, or parts are missing.")
    strange = [n for n in names if n not in (_MANIFEST, *_LISTS) and not is_id(n.removeprefix(TRACES))]
    if strange or len(names) != len(listed):
        wrong(f"it has a member {strange[0][:80]!r}" if strange else "it has two members of one name")
    return {member.filename: member for member in listed}


def _content(file: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with file.open(member) as stream:
        content = stream.read(member.file_size + 1)  # what a bomb claims is checked, what it is is not unpacked
    if len(content) != member.file_size:
        wrong(f"the size of {member.filename!r} does not fit")
    return content


def _check_version(content: bytes) -> None:
    try:
        manifest = from_json(content)
    except ValueError as error:
        raise ArchiveError("The session file is damaged: its manifest cannot be read.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ArchiveError("This is no session file (.stz): its manifest is that of something else.")
    if manifest.get("version") != VERSION:
        raise ArchiveError(
            f"The session file has version {str(manifest.get('version'))[:20]}, this release reads version "
            f"{VERSION}: update this program to read it."
        )


def _records(adapter: TypeAdapter[T], content: bytes, noun: str) -> list[T]:
    return [_record(adapter, line, f"{noun} {n}") for n, line in enumerate(content.splitlines(), 1)]


def _record(adapter: TypeAdapter[T], line: bytes, place: str) -> T:
    try:
        return adapter.validate_json(line, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        at = ".".join(map(str, first["loc"])) or "line"
        raise ArchiveError(f"The session file is damaged: {place} has a bad {at[:80]} ({first['msg']}).") from error
