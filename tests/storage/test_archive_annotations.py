"""Labels leave with their session and come back exactly; a file that was changed by hand is refused."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from storage import archive_annotations
from storage.annotations import Label
from storage.archive import ArchiveError, export_session, import_session
from storage.database import Database
from storage.repositories import annotations, queue_items, queues
from tests.storage import labels, making

MEMBERS = ["queues", "items", "assignments", "annotations", "adjudications"]


@pytest.fixture
async def filled(database: Database) -> Database:
    await database.write(making.store_everything)
    await database.write(labels.store_labels)
    return database


def content(path: Path) -> bytes:
    return path.read_bytes()


def overwrite(path: Path, data: bytes) -> None:
    path.write_bytes(data)


async def test_labels_go_to_another_database_and_back_the_same(
    filled: Database, elsewhere: Database, stz: Path
) -> None:
    await export_session(filled, "s1", stz)
    with zipfile.ZipFile(stz) as file:
        assert [name.removesuffix(".jsonl") for name in file.namelist()[5:10]] == MEMBERS
        said = b"".join(file.read(f"{name}.jsonl") for name in MEMBERS)
        assert b'"local"' not in said, "a file does not tell whose labels it holds"
    await import_session(elsewhere, stz, "local")
    again = stz.with_name("again.stz")
    await export_session(elsewhere, "s1", again)
    assert content(again) == content(stz)
    assert await elsewhere.read(lambda s: queues.get(s, "q1")) == labels.queue()
    left = await filled.read(lambda s: archive_annotations.read(s, "s1", ["r1", "r2"], None))
    back = await elsewhere.read(lambda s: archive_annotations.read(s, "s1", ["r1", "r2"], None))
    assert back == left
    assert [len(each) for each in (left.items, left.assignments, left.annotations, left.adjudications)] == [
        2,
        4,
        5,
        2,
    ]


async def test_a_second_import_is_a_second_queue_about_the_new_runs(filled: Database, stz: Path) -> None:
    await export_session(filled, "s1", stz)
    copy = await import_session(filled, stz, "local")
    (queue,) = await filled.read(lambda s: queues.of_runs(s, copy))
    assert queue.id != "q1" and queue.wanted.sessions == (copy, "s0")
    assert replace(queue, id="q1", wanted=labels.queue().wanted) == labels.queue()
    items = await filled.read(lambda s: queue_items.of_queue(s, queue.id))
    assert {item.id for item in items}.isdisjoint({"i1", "i2", "i3"}) and len(items) == 2
    said = await filled.read(lambda s: annotations.labelled(s, items))
    assert [each.labels for each in said[0].annotations] == [(Label("outcome", "wrong"),), labels.LABELS]
    assert said[0].adjudication is not None and said[0].adjudication.labels == labels.LABELS
    assert len(await filled.read(lambda s: annotations.versions(s, ["i1", "i2"]))) == 5, "the first ones stay"


async def test_a_session_without_labels_is_a_file_that_earlier_releases_read(database: Database, stz: Path) -> None:
    await database.write(making.store_everything)
    await export_session(database, "s1", stz)
    with zipfile.ZipFile(stz) as file:
        assert json.loads(file.read("manifest.json"))["version"] == 1
        assert "queues.jsonl" not in file.namelist()


async def test_only_the_queues_of_who_exports_leave_if_that_is_wanted(filled: Database, stz: Path) -> None:
    await export_session(filled, "s1", stz, owner="somebody else")
    with zipfile.ZipFile(stz) as file:
        assert "annotations.jsonl" not in file.namelist()


def changed(path: Path, name: str, place: int, **values: Any) -> None:
    """Change a record of a file."""
    with zipfile.ZipFile(path) as file:
        content = {member: file.read(member) for member in file.namelist()}
    records = [json.loads(line) for line in content[name].splitlines()]
    records[place] |= values
    content[name] = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    with zipfile.ZipFile(path, "w") as file:
        for member, data in content.items():
            file.writestr(member, data)


LABEL = {"field": "outcome", "value": "right", "text": 0, "source": "person", "confirmed": True}
HOSTILE: dict[str, tuple[str, dict[str, Any]]] = {
    "an item of no queue": ("items", {"queue_id": "q9"}),
    "an item without texts": ("items", {"texts": []}),
    "an item of another run's text": ("items", {"texts": ["g5"]}),
    "an item id twice": ("items", {"id": "i2"}),
    "a share of nobody": ("assignments", {"annotator": "Eve"}),
    "a share twice": ("assignments", {"annotator": "Bob"}),
    "a version twice": ("annotations", {"version": 2}),
    "a version zero": ("annotations", {"version": 0}),
    "labels of nobody": ("annotations", {"annotator": "Eve"}),
    "labels of nothing": ("annotations", {"item_id": "i9"}),
    "a value of no option": ("annotations", {"labels": [LABEL | {"value": "odd"}]}),
    "a field of no schema": ("annotations", {"labels": [LABEL | {"field": "odd"}]}),
    "a step that is not there": ("annotations", {"labels": [LABEL | {"field": "steps", "value": "good", "step": 7}]}),
    "a label of no text": ("annotations", {"labels": [LABEL | {"text": 1}]}),
    "a span within a character": (
        "annotations", {"labels": [LABEL | {"field": "spans", "value": "doubt", "start": 8, "end": 10}]},
    ),
    "a span without an end": ("annotations", {"labels": [LABEL | {"field": "spans", "value": "doubt", "start": 0}]}),
    "a step beyond the text": ("annotations", {"steps": [[{"start": 0, "end": 15}]]}),
    "a negative duration": ("annotations", {"seconds": -1.0}),
    "a time without a zone": ("annotations", {"created_at": "2026-05-17T12:00:00"}),
    "a decision about nothing": ("adjudications", {"item_id": "i9"}),
    "two annotators of one name": ("queues", {"annotators": [{"name": "Ann", "person_id": ""}] * 2}),
    "no annotators": ("queues", {"annotators": []}),
}  # fmt: skip


async def test_what_was_changed_by_hand_is_refused(filled: Database, elsewhere: Database, stz: Path) -> None:
    await export_session(filled, "s1", stz)
    genuine = content(stz)
    for what, (name, values) in HOSTILE.items():
        overwrite(stz, genuine)
        changed(stz, f"{name}.jsonl", 0, **values)
        with pytest.raises(ArchiveError, match=r"damaged"):
            await import_session(elsewhere, stz, "local")
            pytest.fail(what)
    overwrite(stz, genuine)
    changed(stz, "manifest.json", 0, version=1)
    with pytest.raises(ArchiveError, match="does not fit its parts"):
        await import_session(elsewhere, stz, "local")
    assert (await elsewhere.read(lambda s: queues.page(s, "local"))).total == 0
