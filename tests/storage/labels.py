"""Small records of annotation with every field filled, about the runs of `making.store_everything`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session as OrmSession

from storage.annotations import (
    Adjudication,
    Annotation,
    Annotator,
    Assignment,
    Disagreement,
    Field,
    Label,
    LabelSchema,
    Option,
    Queue,
    QueueFilter,
    QueueItem,
    Step,
)
from storage.repositories import annotations as annotation_store
from storage.repositories import queue_items, queues
from tests.storage.making import minutes

SCHEMA = LabelSchema(
    "all",
    "",
    "All — everything",
    (
        Field(
            "outcome", "Right?", "choice", (Option("right", "Right", 1), Option("wrong", "Wrong", -1)), True, "Say."
        ),
        Field("steps", "Steps", "steps", (Option("good", "Good", 1), Option("bad", "Bad", -1))),
        Field("spans", "Spans", "spans", (Option("doubt", "Doubt"),)),
        Field("note", "Note", "text"),
    ),
    "Read all of it.",
)
LABELS = (
    Label("outcome", "right"),
    Label("steps", "bad", step=0, source="suggestion", confirmed=True),
    Label("steps", "good", step=1, source="suggestion", confirmed=False),
    Label("spans", "doubt", start=7, end=10),
    Label("note", "“Hm” — \n ok", source="elsewhere"),
)
STEPS = ((Step(0, 6), Step(7, 14)),)  # of "Twelve — 12."


def queue(id: str = "q1", **changes: Any) -> Queue:
    wanted = QueueFilter(
        ("s1", "s0"), None, ("self_refine",), ("smol",), "drafts", "correct", "incorrect>correct",
        Disagreement("p_true", "self_certainty", 0.25), 0.125, True, "diverse", 7, 2**40,
    )  # fmt: skip
    made = Queue(
        id, "local", "Cats", SCHEMA, wanted, minutes(5), (Annotator("Ann", "local"), Annotator("Bob", "local")), True,
        True, 2, 2**41,
    )  # fmt: skip
    return replace(made, **changes)


def annotation(id: str = "a1", **changes: Any) -> Annotation:
    made = Annotation(id, "i1", "Ann", "local", 1, "submitted", minutes(6), LABELS, STEPS, 12.5, True)
    return replace(made, **changes)


def store_labels(s: OrmSession) -> None:
    """Store a queue of three items: one disputed and decided, one of a pair with a draft, one nobody looked at."""
    queues.create(s, queue())
    items = [
        QueueItem("i1", "q1", 0, "r1", ("g1",), submitted=2, disputed=True, adjudicated=True),
        QueueItem("i2", "q1", 1, "r1", ("g1", "g3")),
        QueueItem("i3", "q1", 2, "r3", ("g6",)),  # of a deleted run
    ]
    shares = [
        Assignment("i1", "Ann", "submitted", minutes(6)),
        Assignment("i1", "Bob", "submitted", minutes(7)),
        Assignment("i2", "Ann", "skipped", minutes(8)),
        Assignment("i2", "Bob"),
        Assignment("i3", "Ann"),
    ]
    queue_items.add_all(s, items, shares)
    annotation_store.add_all(
        s,
        [
            annotation("a1"),
            annotation("a2", version=2, labels=(Label("outcome", "wrong"),), steps=()),
            annotation("a3", annotator="Bob", unblinded=False, seconds=0.0),
            annotation("a4", annotator="Bob", version=2, state="draft", labels=()),
            annotation("a5", item_id="i2", state="draft", labels=(Label("outcome", "right", text=1),), steps=()),
        ],
    )
    annotation_store.decide_all(
        s,
        [
            Adjudication("d1", "i1", "local", minutes(8), LABELS[:1], STEPS, "First thought."),
            Adjudication("d2", "i1", "local", minutes(9), LABELS, STEPS, "Second thought."),
        ],
    )
