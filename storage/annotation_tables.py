"""The tables of annotation; `storage.tables` has them, too."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.base_table import Base
from storage.columns import Big, Document, Folded, Id, Real, Time, Words


class LabelSchema(Base):
    """What may be asked about items; queues hold copies."""

    __tablename__ = "label_schemas"

    id: Mapped[Id]
    person_id: Mapped[Words] = mapped_column(ForeignKey("persons.id"), index=True)
    name: Mapped[Words]
    guideline: Mapped[Words]
    fields: Mapped[Document]
    created_at: Mapped[Time]
    deleted_at: Mapped[Time | None]


class Queue(Base):
    """Items to be labelled by some annotators; `label_schema` and `wanted` are records as JSON."""

    __tablename__ = "annotation_queues"
    __table_args__ = (Index(None, "created_at"),)

    id: Mapped[Id]
    person_id: Mapped[Words] = mapped_column(ForeignKey("persons.id"), index=True)
    name: Mapped[Words]
    folded: Mapped[Folded]  # name
    label_schema: Mapped[Document]
    wanted: Mapped[Document]
    blind: Mapped[bool]
    suggestions: Mapped[bool]
    overlap: Mapped[int]
    seed: Mapped[Big]
    created_at: Mapped[Time]
    deleted_at: Mapped[Time | None]


class QueueAnnotator(Base):
    """A name under which a person labels in a queue."""

    __tablename__ = "annotation_annotators"

    queue_id: Mapped[Id] = mapped_column(ForeignKey("annotation_queues.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Words]
    person_id: Mapped[Words] = mapped_column(ForeignKey("persons.id"), index=True)


class QueueItem(Base):
    """One or two texts of a run that are labelled together."""

    __tablename__ = "annotation_items"
    __table_args__ = (
        Index(None, "queue_id", "position"),
        Index(None, "queue_id", "disputed", "adjudicated", "position"),
    )

    id: Mapped[Id]
    queue_id: Mapped[Words] = mapped_column(ForeignKey("annotation_queues.id", ondelete="CASCADE"))
    position: Mapped[int]
    run_id: Mapped[Words] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), index=True)
    first_text: Mapped[Words] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), index=True)
    second_text: Mapped[Words | None] = mapped_column(ForeignKey("generations.id", ondelete="CASCADE"), index=True)
    submitted: Mapped[int]
    disputed: Mapped[bool]
    adjudicated: Mapped[bool]


class Assignment(Base):
    """An item that an annotator is to label; queue and position are those of the item, for lists."""

    __tablename__ = "annotation_assignments"
    __table_args__ = (
        Index(None, "queue_id", "annotator", "state", "position"),
        Index(None, "queue_id", "annotator", "position"),
    )

    item_id: Mapped[Id] = mapped_column(ForeignKey("annotation_items.id", ondelete="CASCADE"))
    annotator: Mapped[Id]
    queue_id: Mapped[Words] = mapped_column(ForeignKey("annotation_queues.id", ondelete="CASCADE"))
    position: Mapped[int]
    state: Mapped[Words]
    changed_at: Mapped[Time | None]


class Annotation(Base):
    """One version of what an annotator says about an item; labels and steps are records as JSON."""

    __tablename__ = "annotations"
    __table_args__ = (Index(None, "item_id", "annotator", "version", unique=True),)

    id: Mapped[Id]
    item_id: Mapped[Words] = mapped_column(ForeignKey("annotation_items.id", ondelete="CASCADE"))
    annotator: Mapped[Words]
    person_id: Mapped[Words] = mapped_column(ForeignKey("persons.id"), index=True)
    version: Mapped[int]
    state: Mapped[Words]
    labels: Mapped[Document]
    steps: Mapped[Document]
    seconds: Mapped[Real]
    unblinded: Mapped[bool]
    created_at: Mapped[Time]


class Adjudication(Base):
    """What the owner of a queue decided about an item; the newest one counts."""

    __tablename__ = "adjudications"
    __table_args__ = (Index(None, "item_id", "created_at"),)

    id: Mapped[Id]
    item_id: Mapped[Words] = mapped_column(ForeignKey("annotation_items.id", ondelete="CASCADE"))
    person_id: Mapped[Words] = mapped_column(ForeignKey("persons.id"), index=True)
    labels: Mapped[Document]
    steps: Mapped[Document]
    note: Mapped[Words]
    created_at: Mapped[Time]
