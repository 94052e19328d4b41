"""Which labels count: decided ones, else those that all agree on; suggestions only once a person confirmed them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session as OrmSession

from storage.annotations import (
    Adjudication,
    Annotation,
    Field,
    Label,
    Labelled,
    LabelSchema,
    Option,
    Queue,
    QueueFilter,
    QueueItem,
    Step,
)
from storage.database import Database
from storage.repositories import annotations, generations, queue_items, queues, runs
from storage.repositories.selected import Wanted
from tests.export.training.stored import store
from webapp.export.labels.schema import FIRST_ERROR, NOTE, OUTCOME, PREFERENCE, STEPS
from webapp.export.training.judging import Judging, judged_by, judging_of
from webapp.export.training.making import make, order
from webapp.export.training.material import Judged, Preferred
from webapp.export.training.settings import TrainingSettings

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SCHEMA = LabelSchema("s", "", "All", (STEPS, FIRST_ERROR, OUTCOME, PREFERENCE, NOTE))
PLACES = ((Step(0, 5), Step(6, 9)),)


def said(*labels: Label, annotator: str = "Ada") -> Annotation:
    return Annotation(annotator, "item", annotator, "local", 1, "submitted", NOW, labels, PLACES, 2.0)


@pytest.mark.parametrize(
    ("labels", "judged"),
    [
        ([Label("outcome", "wrong")], Judged(right=False)),
        ([Label("outcome", "unclear")], Judged()),
        ([Label("steps", "good", step=0), Label("steps", "bad", step=1)], Judged(ratings=(1, -1))),
        ([Label("first_error", "step", step=1)], Judged(first_error=1)),
        ([Label("first_error", "none"), Label("note", " Fine. ")], Judged(flawless=True, note="Fine.")),
        ([Label("outcome", "wrong", source="suggestion", confirmed=False)], Judged()),
        ([Label("outcome", "wrong", source="suggestion")], Judged(right=False)),
        ([Label("outcome", "wrong", text=1)], Judged()),
    ],
)
def test_labels_of_a_text(labels: list[Label], judged: Judged) -> None:
    found = judged_by(said(*labels), SCHEMA, 0)
    assert replace(found, steps=(), ratings=tuple(r for r in found.ratings if r is not None)) == judged
    assert found.steps == ((0, 5), (6, 9))


def test_the_ratings_of_a_schema_of_one_s_own_count() -> None:
    tone = Field("tone", "Tone", "choice", (Option("rude", "Rude"),))
    verdict = Field("verdict", "Verdict", "choice", (Option("top", "Top", 3), Option("flop", "Flop", -2)))
    schema = LabelSchema("s", "", "Own", (tone, verdict))
    assert judged_by(said(Label("tone", "rude"), Label("verdict", "flop")), schema, 0).right is False


class Desk:
    """Two runs' texts, and a place to say something about them."""

    def __init__(self, s: OrmSession, session: str) -> None:
        self.s = s
        self.runs = [run.id for run in runs.of_session(s, session)]
        self.texts = [text.id for text in generations.of_run(s, self.runs[0])]
        self.queues = 0

    def label(
        self, texts: list[str], *given: Annotation, decided: Adjudication | None = None, disputed: bool = False
    ) -> None:
        """Say something about an item of a new queue."""
        self.queues += 1
        key = f"queue {self.queues}"
        queues.create(self.s, Queue(key, "local", key, SCHEMA, QueueFilter(), NOW))
        item = QueueItem(f"item {key}", key, 0, self.runs[0], tuple(texts), len(given), disputed)
        queue_items.add_all(self.s, [item], [])
        annotations.add_all(self.s, [replace(each, id=f"{key} {each.id}", item_id=item.id) for each in given])
        if decided is not None:
            annotations.decide_all(self.s, [replace(decided, item_id=item.id)])

    def judging(self) -> Judging:
        return judging_of(self.s, self.runs)


@pytest.fixture
async def session(database: Database, tmp_path: Path) -> str:
    return await store(database, tmp_path)


async def test_what_annotators_differ_about_counts_once_it_is_decided(database: Database, session: str) -> None:
    def label(s: OrmSession) -> tuple[Judged, Judged]:
        desk = Desk(s, session)
        apart = (said(Label("outcome", "right")), said(Label("outcome", "wrong"), annotator="Bob"))
        desk.label(desk.texts[:1], *apart, disputed=True)
        before = desk.judging().texts[desk.texts[0]]
        decided = Adjudication("d", "", "local", NOW, (Label("outcome", "wrong"),), PLACES)
        desk.label(desk.texts[1:2], *apart, disputed=True, decided=decided)
        return before, desk.judging().texts[desk.texts[1]]

    before, after = await database.write(label)
    assert (before.disputed, before.right, before.people) == (True, None, ("Ada", "Bob"))
    assert (after.disputed, after.right, after.people) == (False, False, ("Ada", "Bob", "adjudicated"))


async def test_two_queues_about_one_text_complete_each_other(database: Database, session: str) -> None:
    def label(s: OrmSession) -> Judged:
        desk = Desk(s, session)
        desk.label(desk.texts[:1], said(Label("outcome", "wrong"), Label("note", "Adds.")))
        desk.label(desk.texts[:1], said(Label("first_error", "step", step=1), annotator="Bob"))
        return desk.judging().texts[desk.texts[0]]

    found = await database.write(label)
    assert (found.right, found.first_error, found.note) == (False, 1, "Adds.")
    assert (found.people, found.seconds) == (("Ada", "Bob"), 4.0)


async def test_a_preference_becomes_a_pair(database: Database, session: str) -> None:
    def label(s: OrmSession) -> tuple[list[Preferred], list[str]]:
        desk = Desk(s, session)
        desk.label(desk.texts, said(Label("preference", "first")))
        desk.label(desk.texts, said(Label("preference", "tie")))
        return desk.judging().preferred, desk.texts

    preferred, (first, second) = await database.write(label)
    assert preferred == [Preferred(first, second, ("Ada",))]
    made = await make(database, order(Wanted(sessions=(session,)), "preferences", "dpo", TrainingSettings()))
    [pair] = made.rows
    assert (pair.row["chosen"][0]["content"][-2:], pair.row["rejected"][0]["content"][-2:]) == ("10", "12")
    assert pair.meta.labelled_by == ("Ada",)


async def test_nothing_of_a_deleted_queue_counts(database: Database, session: str) -> None:
    def label(s: OrmSession) -> Judging:
        desk = Desk(s, session)
        desk.label(desk.texts[:1], said(Label("outcome", "wrong")))
        queues.put_away(s, "queue 1", NOW)
        return desk.judging()

    assert (await database.write(label)).texts == {}


def test_what_is_settled_is_what_all_agree_on() -> None:
    item = QueueItem("item", "queue", 0, "run", ("text",), 2)
    assert Labelled(item, (said(),)).settled is not None
    assert Labelled(replace(item, disputed=True), (said(),)).settled is None
