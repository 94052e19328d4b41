"""Files that no export makes are refused with a sentence, and nothing is changed."""

from __future__ import annotations

import asyncio
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from storage import archive_zip, codec
from storage.archive import ArchiveError, export_session, import_session
from storage.database import Database
from storage.tables import Base
from tests.storage import making

Content = dict[str, bytes]
Change = Callable[[Content], object]


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a file that is as it should be."""
    folder = tmp_path_factory.mktemp("genuine")

    async def write() -> None:
        database = Database.open(folder / "runs.db")
        await database.write(making.store_everything)
        await export_session(database, "s1", folder / "cats.stz")
        await database.close()

    asyncio.run(write())
    return (folder / "cats.stz").read_bytes()


@pytest.fixture
def stz(tmp_path: Path, genuine: bytes) -> Path:
    path = tmp_path / "cats.stz"
    path.write_bytes(genuine)
    return path


def rewrite(path: Path, change: Change, compression: int = zipfile.ZIP_DEFLATED) -> None:
    """Change the members of a file; their checksums fit afterwards."""
    with zipfile.ZipFile(path) as file:
        content = {name: file.read(name) for name in file.namelist()}
    change(content)
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in content.items():
            file.writestr(name, data)


def overwrite(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def replace_within(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


def records(content: Content, name: str) -> list[Any]:
    return [json.loads(line) for line in content[name].splitlines()]


def put(content: Content, name: str, changed: list[Any]) -> None:
    content[name] = b"".join(json.dumps(record).encode() + b"\n" for record in changed)


def with_(name: str, number: int = 0, /, **values: Any) -> Change:
    """Return a change of some fields of one record."""

    def change(content: Content) -> None:
        all_of_them = records(content, f"{name}.jsonl")
        all_of_them[number].update(values)
        put(content, f"{name}.jsonl", all_of_them)

    return change


def deep(name: str, *place: Any, value: Any) -> Change:
    """Return a change deep within the first record."""

    def change(content: Content) -> None:
        all_of_them = records(content, f"{name}.jsonl")
        at = all_of_them[0]
        for step in place[:-1]:
            at = at[step]
        at[place[-1]] = value
        put(content, f"{name}.jsonl", all_of_them)

    return change


def raw(name: str, old: bytes, new: bytes) -> Change:
    def change(content: Content) -> None:
        assert old in content[name]
        content[name] = content[name].replace(old, new, 1)

    return change


def twice(name: str) -> Change:
    return lambda content: put(content, name, records(content, name) * 2)


def set_(name: str, data: bytes) -> Change:
    return lambda content: content.__setitem__(name, data)


async def refused(database: Database, path: Path) -> str:
    """Import a file that has to be refused, see that nothing was changed, and return the sentence."""
    before = await rows(database)
    with pytest.raises(ArchiveError) as caught:
        await import_session(database, path, "local")
    assert await rows(database) == before
    sentence = str(caught.value)
    assert sentence.endswith(".") and len(sentence) < 500 and "Traceback" not in sentence
    return sentence


async def rows(database: Database) -> Mapping[str, int | None]:
    return {
        name: await database.read(lambda s, t=table: s.scalar(select(func.count()).select_from(t)))
        for name, table in Base.metadata.tables.items()
    }


async def test_the_genuine_file_is_imported_so_that_the_others_fail_for_their_own_reason(
    database: Database, stz: Path
) -> None:
    rewrite(stz, lambda content: None)
    assert await import_session(database, stz, "local") == "s1"


LONG = 10**30
BAD_RECORDS: dict[str, tuple[Change, str]] = {
    "a number as a name": (with_("session", name=5), "session 1 has a bad name"),
    "text as a number": (with_("runs", seed="5"), "run 1 has a bad seed"),
    "a fraction as a number": (with_("runs", seed=0.5), "run 1 has a bad seed"),
    "true as a number": (with_("generations", 1, branch=True), "generation 2 has a bad branch"),
    "a huge number": (with_("runs", seed=LONG), "values that no session can have"),
    "a huge ordinal": (with_("generations", 4, ordinal=LONG), "values that no session can have"),
    "a huge cost": (deep("runs", "cost", "calls", value=LONG), "values that no session can have"),
    "a number of 5000 digits": (raw("runs.jsonl", b'"seed":1099511627776', b'"seed":' + b"9" * 5000), "run 1"),
    "settings of 5000 digits": (raw("runs.jsonl", b'"max_rounds":3', b'"max_rounds":' + b"9" * 5000), "session file"),
    "no number as a cost": (
        raw("runs.jsonl", b'"seconds":7.125', b'"seconds":NaN'),
        "values that no session can have",
    ),
    "an unknown status": (with_("runs", status="sleeping"), "run 1 has a bad status"),
    "an unknown role": (with_("generations", role="god"), "generation 1 has a bad role"),
    "an unknown origin": (
        deep("generations", "spans", 0, "origin", value="x"),
        "generation 1 has a bad spans.0.origin",
    ),
    "a message of three": (
        deep("generations", "messages", value=[["a", "b", "c"]]),
        "generation 1 has a bad messages",
    ),
    "no id": (with_("session", id=None), "session 1 has a bad id"),
    "a run at work": (with_("runs", status="running"), "still at work"),
    "a lease": (with_("runs", lease_owner="me"), "still at work"),
    "a time without a zone": (with_("runs", created_at="2026-01-01T00:00:00"), "time without a zone"),
    "no time": (with_("scores", created_at="noon"), "score 1 has a bad created_at"),
    "a time before all times": (with_("runs", created_at="0001-01-01T00:00:00+23:00"), "no session can have"),
    "a lone surrogate": (raw("runs.jsonl", b"The good one", b"\\ud800"), "run 1"),
    "bytes that are no text": (raw("runs.jsonl", b"The good one", b"\xff\xfe"), "run 1"),
    "no JSON": (set_("scores.jsonl", b"hello\n"), "score 1"),
    "an empty line": (set_("scores.jsonl", b"\n"), "score 1"),
    "an endless list": (set_("generations.jsonl", b"[" * 100_000), "generation 1"),
    "endless settings": (raw("runs.jsonl", b'"max_rounds":3', b'"max_rounds":' + b"[" * 5000 + b"]" * 5000), "run 1"),
    "a list as a record": (set_("runs.jsonl", b"[]\n"), "run 1"),
    "no session": (set_("session.jsonl", b""), "0 sessions instead of one"),
    "two sessions": (twice("session.jsonl"), "2 sessions instead of one"),
}
MISFITS: dict[str, tuple[Change, str]] = {
    "a run twice": (twice("runs.jsonl"), "its runs do not have ids of their own"),
    "a generation twice": (twice("generations.jsonl"), "its generations do not have ids"),
    "a score twice": (twice("scores.jsonl"), "its scores do not have ids"),
    "an id that is a path": (with_("session", id="../../etc"), "its sessions do not have ids"),
    "an id that is a script": (with_("generations", 4, id="<script>"), "its generations do not have ids"),
    "a launch that is a path": (with_("runs", launch_id="a/b"), "a launch without an id"),
    "a run of another session": (with_("runs", session_id="s9"), "parts of other sessions"),
    "a text of another run": (with_("generations", run_id="r9"), "parts of other sessions"),
    "a text that follows nothing": (with_("generations", 1, parents=["g9"]), "follows one that is not there"),
    "a text that follows itself": (with_("generations", 1, parents=["g2"]), "follows one that is not there"),
    "a text that follows a later one": (with_("generations", 1, parents=["g3"]), "follows one that is not there"),
    "a text that follows another run's": (with_("generations", 1, parents=["g5"]), "follows one that is not there"),
    "a score of no run": (with_("scores", run_id="r9"), "score of something else"),
    "a score of no text": (with_("scores", generation_id="g9"), "score of something else"),
    "a score of another run's text": (with_("scores", generation_id="g5"), "score of something else"),
    "spans beyond the text": (deep("generations", "spans", 1, "end", value=99), "shorter than its spans"),
    "spans before the text": (deep("generations", "spans", 0, "start", value=-1), "shorter than its spans"),
    "a trace of no text": (set_("traces/g9", codec.encode(making.trace())), "trace of something else"),
    "a trace that is none": (set_("traces/g1", b"hello"), "trace of g1 cannot be read"),
    "a trace without its tokens' bytes": (
        set_("traces/g1", codec.encode(replace(making.trace(), pieces={10: b"a"}))),
        "does not say what its tokens are",
    ),
}  # fmt: skip
BAD_ZIPS: dict[str, tuple[Change, str]] = {
    "no manifest": (lambda content: content.pop("manifest.json"), "parts are missing"),
    "no runs": (lambda content: content.pop("runs.jsonl"), "parts are missing"),
    "something else": (lambda content: content.clear(), "zip of something else"),
    "a member outside": (set_("../../evil", b"x"), "a member '../../evil'"),
    "a member at the root": (set_("/etc/passwd", b"x"), "a member '/etc/passwd'"),
    "a trace outside": (set_("traces/../../evil", b"x"), "a member 'traces/../../evil'"),
    "a member too many": (set_("readme", b"x"), "a member 'readme'"),
    "a manifest that is none": (set_("manifest.json", b"\xff"), "manifest cannot be read"),
    "a manifest of something else": (set_("manifest.json", b"[]"), "that of something else"),
    "a manifest of another program": (set_("manifest.json", b'{"format": "x"}'), "that of something else"),
    "a newer version": (
        set_("manifest.json", b'{"format": "second-thoughts-session", "version": 3}'), "update this program"
    ),
    "a version of 5000 digits": (
        set_("manifest.json", b'{"format": "second-thoughts-session", "version": %s}' % (b"9" * 5000)), "session file"
    ),
}  # fmt: skip
ALL = BAD_RECORDS | MISFITS | BAD_ZIPS


@pytest.mark.parametrize(("change", "said"), ALL.values(), ids=ALL)
async def test_what_was_changed_by_hand_is_refused(database: Database, stz: Path, change: Change, said: str) -> None:
    rewrite(stz, change)
    assert said in await refused(database, stz)


async def test_what_refers_to_something_outside_is_kept_as_it_is(database: Database, stz: Path) -> None:
    rewrite(stz, with_("generations", copied_from="nowhere"))
    assert await import_session(database, stz, "local") == "s1"


@pytest.mark.parametrize("content", [b"", b"PK", b"hello" * 100, b"PK\5\6" + bytes(18)], ids=range(4))
async def test_what_is_no_zip_is_refused(on_file: Database, stz: Path, content: bytes) -> None:
    overwrite(stz, content)
    assert "is no session file" in await refused(on_file, stz) or content.startswith(b"PK\5\6")


async def test_a_file_that_is_not_there_is_named(on_file: Database, tmp_path: Path) -> None:
    assert "none.stz cannot be read (no such file or directory)" in await refused(on_file, tmp_path / "none.stz")
    assert "cannot be read (is a directory)" in await refused(on_file, tmp_path)


async def test_any_cut_is_noticed(on_file: Database, stz: Path, genuine: bytes) -> None:
    for length in range(0, len(genuine), 101):
        overwrite(stz, genuine[:length])
        await refused(on_file, stz)


async def test_a_changed_byte_is_refused_or_does_not_matter(database: Database, stz: Path, genuine: bytes) -> None:
    draw = random.Random(7)
    for _ in range(150):
        broken = bytearray(genuine)
        broken[draw.randrange(len(broken))] ^= 1 << draw.randrange(8)
        overwrite(stz, broken)
        try:
            await import_session(database, stz, "local")
        except ArchiveError as error:
            assert str(error).endswith(".")


@pytest.mark.parametrize("name", ["generations.jsonl", "traces/g1"])
async def test_a_bomb_is_refused_without_unpacking_it(
    on_file: Database, stz: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_zip, "LARGEST", 2**22)
    rewrite(stz, set_(name, bytes(2**22 + 1)))
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    assert "too large" in await refused(on_file, stz)


async def test_a_bomb_that_lies_about_its_size_is_not_unpacked_further(on_file: Database, stz: Path) -> None:
    rewrite(stz, set_("scores.jsonl", bytes(2**24)))
    replace_within(stz, (2**24).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    await refused(on_file, stz)


async def test_one_trace_listed_many_times_is_refused(on_file: Database, stz: Path, genuine: bytes) -> None:
    """As if a file held a gigabyte, by naming the same megabyte a thousand times."""
    with zipfile.ZipFile(stz, "a", zipfile.ZIP_STORED) as file:
        file.writestr("traces/g5", bytes(2**20))
        (member,) = [m for m in file.infolist() if m.filename == "traces/g5"]
        for n in range(50):
            again = zipfile.ZipInfo(f"traces/x{n}")
            for field in ("header_offset", "CRC", "file_size", "compress_size", "compress_type"):
                setattr(again, field, getattr(member, field))
            file.filelist.append(again)
            file.NameToInfo[again.filename] = again
        file._didModify = True
    assert "too large" in await refused(on_file, stz)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
async def test_what_unpacks_without_limit_is_refused(on_file: Database, stz: Path, compression: int) -> None:
    rewrite(stz, lambda content: None, compression)
    assert "packed in another way" in await refused(on_file, stz)


async def test_two_members_of_one_name_are_refused(on_file: Database, stz: Path) -> None:
    with zipfile.ZipFile(stz, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("runs.jsonl", b"")
    assert "two members of one name" in await refused(on_file, stz)


async def test_an_encrypted_file_is_refused(on_file: Database, stz: Path, genuine: bytes) -> None:
    data = bytearray(genuine)
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(signature, at + 4)
    overwrite(stz, data)
    assert "encrypted" in await refused(on_file, stz)


def opened() -> set[Path]:
    """Return the files that this process has open."""
    return {path.resolve() for path in Path("/proc/self/fd").iterdir()}


async def test_a_refused_file_is_let_go_of(database: Database, stz: Path) -> None:
    rewrite(stz, set_("traces/g1", b"hello"))
    await refused(database, stz)
    assert stz not in opened()
