"""Queues, labels and decisions are stored as they are, listed by pages, and never lost."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import Session

from storage import tables
from storage.annotations import Adjudication, Annotator, Assignment, Labelled, QueueItem
from storage.connect import address
from storage.database import Database
from storage.repositories import annotations, label_schemas, queue_items, queues
from storage.upgrade import upgrade
from tests.storage import labels, making


@pytest.fixture
async def filled(database: Database) -> Database:
    await database.write(making.store_everything)
    await database.write(labels.store_labels)
    return database


async def test_what_comes_back_is_what_was_stored(filled: Database) -> None:
    def read(s: Session) -> None:
        assert queues.get(s, "q1") == labels.queue()
        assert queue_items.get(s, "i2") == QueueItem("i2", "q1", 1, "r1", ("g1", "g3"))
        assert annotations.newest(s, "i2", "Ann") is not None
        assert annotations.versions(s, ["i1"])[0] == labels.annotation()
        decided = annotations.adjudications(s, ["i1"])["i1"]
        assert decided[1] == Adjudication(
            "d2", "i1", "local", making.minutes(9), labels.LABELS, labels.STEPS, "Second thought."
        )
        assert queue_items.assignment(s, "i2", "Ann") == Assignment("i2", "Ann", "skipped", making.minutes(8))
        assert queue_items.assignment(s, "i3", "Bob") is None

    await filled.read(read)


async def test_what_counts_is_the_newest_submission_and_the_newest_decision(filled: Database) -> None:
    def read(s: Session) -> list[Labelled]:
        return annotations.labelled(s, queue_items.of_queue(s, "q1"))

    first, second, third = await filled.read(read)
    assert [each.id for each in first.annotations] == ["a2", "a3"], "not the draft that Bob began afterwards"
    assert first.adjudication is not None and first.adjudication.id == "d2"
    assert first.settled is first.adjudication
    assert (second.annotations, second.settled, third.annotations) == ((), None, ())


async def test_a_queue_is_listed_to_its_owner_and_its_annotators_with_their_progress(filled: Database) -> None:
    def people(s: Session) -> None:
        s.add_all(tables.Person(id=name, name=name) for name in ("owner", "guest", "stranger"))
        s.flush()
        annotators = (Annotator("Gus", "guest"),)
        queues.create(
            s, labels.queue("q2", person_id="owner", name="Zwei 50%", annotators=annotators, created_at=making.NOON)
        )

    await filled.write(people)

    def listed(s: Session) -> dict[str, list[str]]:
        return {
            who: [row.queue.id for row in queues.page(s, who).items]
            for who in ("local", "owner", "guest", "stranger")
        }

    assert await filled.read(listed) == {"local": ["q1"], "owner": ["q2"], "guest": ["q2"], "stranger": []}
    (row,) = (await filled.read(lambda s: queues.page(s, "local", "cAT"))).items
    assert (row.items, row.disputed, row.adjudicated) == (3, 1, 1)
    assert [(each.annotator, dict(each.states)) for each in row.progress] == [
        ("Ann", {"open": 1, "draft": 0, "skipped": 1, "submitted": 1}),
        ("Bob", {"open": 1, "draft": 0, "skipped": 0, "submitted": 1}),
    ]
    assert (await filled.read(lambda s: queues.page(s, "owner", "0%"))).total == 1
    assert (await filled.read(lambda s: queues.page(s, "owner", "0_"))).total == 0
    await filled.write(lambda s: queues.put_away(s, "q2", making.NOON))
    assert (await filled.read(lambda s: queues.page(s, "guest"))).total == 0
    assert (await filled.read(lambda s: queues.page(s, "guest", deleted=True))).total == 0
    assert (await filled.read(lambda s: queues.page(s, "owner", deleted=True))).total == 1


async def test_what_follows_is_open_then_from_the_front_then_what_was_skipped(filled: Database) -> None:
    async def following(after: int | None, name: str = "Ann") -> str | None:
        return await filled.read(lambda s: queue_items.following(s, "q1", name, after))

    assert await following(None) == "i3"
    assert await following(2) == "i3", "the only one left, though it lies before"
    await filled.write(lambda s: queue_items.put_state(s, "i3", "Ann", "submitted", making.NOON))
    assert await following(2) == "i2", "skipped, and the last one"
    await filled.write(lambda s: queue_items.put_state(s, "i2", "Ann", "submitted", making.NOON))
    assert await following(None) is None
    assert await following(None, "Bob") == "i2"


async def test_a_submission_drops_drafts_and_nothing_else(filled: Database) -> None:
    def change(s: Session) -> list[str]:
        annotations.drop_drafts(s, "i1", "Bob")
        annotations.take_back(s, "a1")  # submitted: it stays
        return [each.id for each in annotations.versions(s, ["i1"])]

    assert await filled.write(change) == ["a1", "a2", "a3"]


async def test_two_versions_of_one_number_are_refused_whole(filled: Database) -> None:
    before = await filled.read(lambda s: annotations.versions(s, ["i1"]))
    with pytest.raises(Exception, match=r"(?i)unique"):
        await filled.write(lambda s: annotations.add_all(s, [labels.annotation("a8", version=2)]))
    assert await filled.read(lambda s: annotations.versions(s, ["i1"])) == before


async def test_a_run_takes_its_labels_along(filled: Database) -> None:
    await filled.write(lambda s: s.execute(delete(tables.Run).where(tables.Run.id == "r1")))
    for table, left in ((tables.QueueItem, 1), (tables.Annotation, 0), (tables.Adjudication, 0)):
        assert await filled.read(lambda s, t=table: s.scalar(select(func.count()).select_from(t))) == left


async def test_schemas_are_ones_own_and_leave_queues_alone(filled: Database) -> None:
    mine = replace(labels.SCHEMA, id="mine", person_id="local")
    await filled.write(lambda s: label_schemas.create(s, mine, making.NOON))
    await filled.write(lambda s: label_schemas.change(s, replace(mine, name="Other", fields=mine.fields[:1])))
    (stored,) = await filled.read(lambda s: label_schemas.of_person(s, "local"))
    assert (stored.name, stored.fields, stored.guideline) == ("Other", mine.fields[:1], mine.guideline)
    assert await filled.read(lambda s: label_schemas.of_person(s, "nobody")) == []
    await filled.write(lambda s: label_schemas.put_away(s, "mine", making.NOON))
    assert await filled.read(lambda s: label_schemas.get(s, "mine")) is None
    found = await filled.read(lambda s: queues.get(s, "q1"))
    assert found is not None and found.schema == labels.SCHEMA


async def test_five_thousand_items_are_listed_in_a_few_statements(filled: Database) -> None:
    def fill(s: Session) -> None:
        queues.create(s, labels.queue("big"))
        items = [QueueItem(f"b{n:05}", "big", n, "r1", ("g1",), 2, n % 5 == 0) for n in range(5_000)]
        queue_items.add_all(s, items, (Assignment(item.id, name) for item in items for name in ("Ann", "Bob")))

    await filled.write(fill)
    said: list[str] = []
    event.listen(filled._reader, "before_cursor_execute", lambda *heard: said.append(heard[2]))
    page = await filled.read(lambda s: queue_items.page(s, "big", "Bob", "open", offset=4_990, limit=20))
    assert (page.total, [row.position for row in page.items]) == (5_000, list(range(4_990, 5_000)))
    assert page.items[0].question == making.PROBLEM.question
    disputed = await filled.read(lambda s: queue_items.disputed(s, "big", False, offset=990, limit=50))
    assert (disputed.total, len(disputed.items)) == (1_000, 10)
    (row,) = [row for row in (await filled.read(lambda s: queues.page(s, "local"))).items if row.queue.id == "big"]
    assert (row.items, row.disputed) == (5_000, 1_000)
    assert len(said) < 20


def test_a_database_of_before_annotation_gets_its_tables(file: Path) -> None:
    upgrade(address(file), "0003")
    with sqlite3.connect(file) as opened:
        opened.execute("INSERT INTO persons VALUES ('p2', 'Second')")
    opened.close()
    assert upgrade(address(file), "0004") is not None
    with sqlite3.connect(file) as opened:
        assert opened.execute("SELECT count(*) FROM annotations").fetchone() == (0,)
        assert opened.execute("SELECT name FROM persons WHERE id = 'p2'").fetchone() == ("Second",)
    opened.close()
