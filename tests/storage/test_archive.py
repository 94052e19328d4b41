"""A session leaves as one file and comes back exactly, here or elsewhere, once or twice."""

from __future__ import annotations

import asyncio
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from storage import archive, archive_file, codec, tables
from storage.archive import ArchiveError, export_session, import_session
from storage.database import Database
from storage.errors import DatabaseError, DiskFull, Missing, Unwritable
from storage.records import BranchPoint, Cost, Generation, Run, Score
from storage.repositories import generations, library, runs, scores, sessions
from storage.repositories.shared import touch
from tests.storage import making
from tests.storage.places import mounted


@pytest.fixture
async def filled(database: Database) -> Database:
    await database.write(making.store_everything)
    return database


def content(path: Path) -> bytes:
    return path.read_bytes()


def below(s: Session, session: str) -> tuple[list[Run], list[Generation], list[Score]]:
    return runs.of_session(s, session), generations.of_session(s, session), scores.of_session(s, session)


async def test_export_and_import_into_an_empty_database_and_export_make_the_same_file(
    filled: Database, elsewhere: Database, stz: Path
) -> None:
    await export_session(filled, "s1", stz)
    assert await import_session(elsewhere, stz, "local") == "s1"
    again = stz.with_name("again.stz")
    await export_session(elsewhere, "s1", again)
    assert content(again) == content(stz)


async def test_what_comes_back_is_what_left(filled: Database, elsewhere: Database, stz: Path) -> None:
    await filled.write(lambda s: touch(s, "s1", making.minutes(0.5)))  # by a clock that went back
    await export_session(filled, "s1", stz)
    await import_session(elsewhere, stz, "local")
    assert await elsewhere.read(lambda s: sessions.get(s, "s1")) == await filled.read(lambda s: sessions.get(s, "s1"))
    for run in ("r1", "r2"):
        left = await filled.read(lambda s, run=run: runs.load(s, run))
        back = await elsewhere.read(lambda s, run=run: runs.load(s, run))
        assert left is not None and back is not None
        assert (back.run, back.generations, back.scores) == (left.run, left.generations, left.scores)
        assert back.traces.keys() == left.traces.keys()
        for generation, trace in left.traces.items():
            making.assert_same_trace(back.traces[generation], trace)


async def test_a_deleted_run_stays_here(filled: Database, elsewhere: Database, stz: Path) -> None:
    await export_session(filled, "s1", stz)
    await import_session(elsewhere, stz, "local")
    assert await elsewhere.read(lambda s: runs.get(s, "r3")) is None
    assert await elsewhere.read(lambda s: generations.get(s, "g6")) is None


async def test_a_run_at_work_leaves_as_interrupted_and_goes_on_here(
    filled: Database, elsewhere: Database, stz: Path
) -> None:
    before = await filled.read(lambda s: runs.get(s, "r4"))
    await export_session(filled, "s1", stz)
    assert await filled.read(lambda s: runs.get(s, "r4")) == before
    await import_session(elsewhere, stz, "local")
    left = await elsewhere.read(lambda s: runs.load(s, "r4"))
    assert before is not None and left is not None
    cost = Cost(30, 160, 1, 1.75)
    assert left.run == replace(
        before, status="interrupted", error=runs.LEFT_BEHIND, finished_at=before.lease_until, lease_owner=None,
        lease_until=None, cost=cost,
    )  # fmt: skip
    assert [(g.text, g.status, g.finish_reason) for g in left.generations] == [("unfin", "partial", "interrupted")]
    assert len(left.traces["g4"]) == 1


async def test_equal_sessions_make_equal_files_whenever_they_are_written(filled: Database, stz: Path) -> None:
    await filled.write(lambda s: runs.add(s, making.queued("r9", owner=None, lease_until=None)))
    await export_session(filled, "s1", stz)
    again = stz.with_name("again.stz")
    await export_session(filled, "s1", again)
    assert content(again) == content(stz)
    with zipfile.ZipFile(stz) as file:
        assert {member.date_time for member in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert [m.filename for m in file.infolist()] == [
            "manifest.json", "session.jsonl", "runs.jsonl", "generations.jsonl", "scores.jsonl",
            "traces/g1", "traces/g2", "traces/g4",
        ]  # fmt: skip
        assert b'"person_id":""' in file.read("session.jsonl"), "a file does not say whose it is"


async def test_a_second_import_has_ids_of_its_own_that_refer_to_each_other(filled: Database, stz: Path) -> None:
    await filled.write(
        lambda s: runs.add(s, making.run("r5", launch_id="l2", input_run="r1", branch_of=BranchPoint("g1", 3, 4)))
    )
    await export_session(filled, "s1", stz)
    copy = await import_session(filled, stz, "local")
    third = await import_session(filled, stz, "local")
    assert len({"s1", copy, third}) == 3
    old_runs, old_texts, old_scores = await filled.read(lambda s: below(s, "s1"))
    new_runs, new_texts, new_scores = await filled.read(lambda s: below(s, copy))
    by_run = {old.id: new.id for old, new in zip(old_runs, new_runs, strict=True)}
    # texts and scores come by run, so their order follows the ids of the runs
    by_text = {old.id: new.id for old, new in zip(old_texts, new_texts, strict=True)}
    launches = {old.launch_id: new.launch_id for old, new in zip(old_runs, new_runs, strict=True)}
    assert len(set(launches.values())) == 2 and launches.keys().isdisjoint(launches.values())
    for renamed in (by_run, by_text):
        assert len(set(renamed.values())) == len(renamed) and renamed.keys().isdisjoint(renamed.values())

    def here(reference: str | None, renamed: dict[str, str]) -> str | None:
        return renamed.get(reference, reference) if reference is not None else None

    for old, new in zip(old_runs, new_runs, strict=True):
        assert new.session_id == copy
        assert new.input_run == here(old.input_run, by_run)
        assert new.outcome.chosen_generation == here(old.outcome.chosen_generation, by_text)
        assert (new.problem, new.model, new.params, new.tags) == (old.problem, old.model, old.params, old.tags)
        if old.branch_of is not None:
            assert new.branch_of == replace(old.branch_of, generation_id=here(old.branch_of.generation_id, by_text))
    for before, after in zip(old_texts, new_texts, strict=True):
        expected = before.with_(
            id=after.id, run_id=by_run[before.run_id], copied_from=here(before.copied_from, by_text),
            parents=tuple(by_text[parent] for parent in before.parents),
            finish_reason="interrupted" if before.run_id == "r4" else before.finish_reason,
        )  # fmt: skip
        assert after == expected
    for was, is_now in zip(old_scores, new_scores, strict=True):
        about = here(was.generation_id, by_text)
        assert is_now == replace(was, id=is_now.id, run_id=by_run[was.run_id], generation_id=about)
    traces = await filled.read(lambda s: generations.traces(s, list(by_text.values())))
    assert traces.keys() == {by_text["g1"], by_text["g2"], by_text["g4"]}
    making.assert_same_trace(traces[by_text["g1"]], making.trace())


async def test_importing_twice_changes_nothing_of_what_is_there(filled: Database, stz: Path) -> None:
    before = await filled.read(lambda s: below(s, "s1"))
    await export_session(filled, "s1", stz)
    await import_session(filled, stz, "local")
    assert await filled.read(lambda s: below(s, "s1")) == before


async def test_a_deleted_session_s_file_comes_back_beside_it(filled: Database, stz: Path) -> None:
    await export_session(filled, "s1", stz)
    await filled.write(lambda s: sessions.delete(s, "s1"))
    copy = await import_session(filled, stz, "local")
    assert copy != "s1"
    page = await filled.read(lambda s: library.sessions(s, person="local"))
    assert [(row.id, row.runs) for row in page.items] == [(copy, 3)]


async def test_an_empty_session_comes_back_empty(database: Database, elsewhere: Database, stz: Path) -> None:
    await database.write(lambda s: sessions.create(s, making.session(notes="é\0" * 5, tags=())))
    await export_session(database, "s1", stz)
    await import_session(elsewhere, stz, "local")
    assert await elsewhere.read(lambda s: sessions.get(s, "s1")) == await database.read(
        lambda s: sessions.get(s, "s1")
    )


async def test_what_was_imported_is_found_and_renewed_like_anything_else(
    filled: Database, elsewhere: Database, stz: Path
) -> None:
    await export_session(filled, "s1", stz)
    await import_session(elsewhere, stz, "local")
    assert (await elsewhere.read(lambda s: library.search(s, "twelve", person="local"))).total == 2
    assert (await elsewhere.read(lambda s: library.search(s, tag="ärger", person="local"))).total == 1
    assert await elsewhere.write(lambda s: runs.interrupt_expired(s, making.minutes(9999))) == []


async def test_a_session_that_is_not_there_is_not_exported(filled: Database, stz: Path) -> None:
    await filled.write(lambda s: sessions.delete(s, "s1"))
    for session in ("s1", "nobody"):
        with pytest.raises(Missing, match="no such session to export"):
            await export_session(filled, session, stz)
    assert list(stz.parent.iterdir()) == []


async def test_a_failing_export_leaves_the_file_of_before_and_nothing_beside_it(
    filled: Database, stz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await export_session(filled, "s1", stz)
    before = content(stz)

    def half(path: Path, *rest: object) -> None:
        path.write_bytes(b"half")
        raise ZeroDivisionError

    monkeypatch.setattr(archive, "pack", half)
    with pytest.raises(ZeroDivisionError):
        await export_session(filled, "s1", stz)
    assert [(p.name, p.read_bytes()) for p in stz.parent.iterdir()] == [("cats.stz", before)]


async def test_a_full_disk_leaves_no_half_written_file(filled: Database, tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", "size=64k") as disk:
        long = making.generation("long", text="".join(map(str, range(200_000))), spans=())
        await filled.write(lambda s: generations.save(s, long, None))
        with pytest.raises(DiskFull, match=r"no room left on the disk of .*cats\.stz"):
            await export_session(filled, "s1", disk / "cats.stz")
        assert list(disk.iterdir()) == []


async def test_a_folder_that_is_none_is_named(filled: Database, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in ("missing", "file"):
        with pytest.raises(Unwritable, match=r"cats\.stz cannot be written .*Choose a folder"):
            await export_session(filled, "s1", tmp_path / folder / "cats.stz")


async def test_two_exports_to_one_place_at_once_make_one_whole_file(
    filled: Database, elsewhere: Database, stz: Path
) -> None:
    await asyncio.gather(*(export_session(filled, "s1", stz) for _ in range(4)))
    assert [p.name for p in stz.parent.iterdir()] == ["cats.stz"]
    await import_session(elsewhere, stz, "local")


async def test_a_session_too_large_for_a_file_is_refused_before_it_is_written(
    filled: Database, stz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_file, "LARGEST", 1000)
    with pytest.raises(ArchiveError, match="too large for one file"):
        await export_session(filled, "s1", stz)
    assert list(stz.parent.iterdir()) == []


async def test_writes_go_on_while_a_file_is_written(
    filled: Database, stz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    pack = archive_file.pack

    def slow(*given: object) -> None:
        begun.set()
        assert go_on.wait(60)
        pack(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(archive, "pack", slow)
    exporting = asyncio.create_task(export_session(filled, "s1", stz))
    await asyncio.to_thread(begun.wait, 60)
    await filled.write(lambda s: sessions.rename(s, "s1", "renamed meanwhile"))
    go_on.set()
    await exporting
    with zipfile.ZipFile(stz) as file:
        assert b"Cats and legs" in file.read("session.jsonl"), "a file holds one state of the session"


async def test_a_session_of_thousands_of_texts_goes_through_in_a_few_statements_with_its_traces_closed(
    database: Database, elsewhere: Database, stz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, blob = 5000, codec.encode(making.trace())

    def fill(s: Session) -> None:
        making.store_session(s, None)
        runs.add_all(s, [making.run(f"r{n:03}", column=n) for n in range(100)])
        each = making.generation(copied_from=None)
        many = (each.with_(id=f"g{n:05}", run_id=f"r{n % 100:03}", ordinal=n // 100) for n in range(texts))
        generations.add_all(s, ((text, blob) for text in many))

    await database.write(fill)
    said: list[str] = []
    event.listen(database._reader, "before_cursor_execute", lambda *heard: said.append(heard[2]))
    with monkeypatch.context() as closed:
        closed.setattr(generations, "decode", None)
        await export_session(database, "s1", stz)
    assert len(said) < 12
    await import_session(elsewhere, stz, "local")
    for table in (tables.Generation, tables.TokenTrace):
        assert await elsewhere.read(lambda s, t=table: s.scalar(select(func.count()).select_from(t))) == texts
    assert await elsewhere.read(lambda s: generations.get(s, "g04999")) == await database.read(
        lambda s: generations.get(s, "g04999")
    )


async def test_an_import_for_nobody_is_refused(filled: Database, elsewhere: Database, stz: Path) -> None:
    await export_session(filled, "s1", stz)
    with pytest.raises(DatabaseError):
        await import_session(elsewhere, stz, "nobody")
    assert (await elsewhere.read(lambda s: library.sessions(s, person="local"))).total == 0
