"""The dataclasses of annotation: schemas, queues, their items, and what people say about them.

A label is one atomic statement, so that all kinds are stored, compared and exported alike:

| kind of field | labels of it |
|---|---|
| choice | at most one; `value` is an option's |
| choices | any number with different options; `step` may say which step each is about |
| steps | at most one a step; `step` is its index, `value` an option's |
| first_error | at most one; `value` is "step" with the index in `step`, or "none" |
| spans | any number, overlapping allowed; `start` and `end` are UTF-8 byte offsets, `value` an option's |
| preference | at most one; `value` is "first", "second" or "tie" |
| scale | at most one; `value` is an option's, the options are in order |
| text | at most one; `value` is what was written |

`text` is the index of the text of the item that a label is about: 0, or 1 for the second of a pair. Steps count from
0 within their text, and are those stored beside the labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from storage.records import VerdictValue

FieldKind: TypeAlias = Literal["choice", "choices", "steps", "first_error", "spans", "preference", "scale", "text"]
AssignmentState: TypeAlias = Literal["open", "draft", "skipped", "submitted"]
AnnotationState: TypeAlias = Literal["draft", "undone", "submitted"]
Take: TypeAlias = Literal["final", "first", "drafts", "critiques", "revision_pair", "sample_pair"]
Sampling: TypeAlias = Literal["all", "random", "diverse", "uncertain"]

PERSON, SUGGESTION = "person", "suggestion"  # sources of a label; any other names where it was imported from
FIRST, SECOND, TIE = "first", "second", "tie"  # values of a preference
STEP, NO_ERROR = "step", "none"  # values of a first error
STATES: tuple[AssignmentState, ...] = ("open", "draft", "skipped", "submitted")


@dataclass(frozen=True, slots=True)
class Option:
    """One value that a field may take; `rating` is what it is worth (good 1, neutral 0, bad -1), None for nothing."""

    value: str
    title: str
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a schema. `required` ones have to be answered before an item is submitted."""

    name: str
    title: str
    kind: FieldKind
    options: tuple[Option, ...] = ()
    required: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class LabelSchema:
    """What is asked about every item of a queue; `person_id` is empty for the ready ones.

    The exporters take the first field of a kind, and the ratings of its options.
    """

    id: str
    person_id: str
    name: str
    fields: tuple[Field, ...]
    guideline: str = ""

    def field(self, name: str) -> Field | None:
        """Return the field of a name, None when there is none."""
        return next((each for each in self.fields if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Annotator:
    """Who labels in a queue: a name, unique within it, and the person who may act under that name."""

    name: str
    person_id: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two scores of one text that differ by at least so much."""

    first: str
    second: str
    least: float


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which stored texts a queue is built from; None and empty stand for everything.

    `take` says which texts of a run are labelled: its final answer, its first attempt, all its first attempts, its
    critiques, or pairs: first attempt and last revision; two samples, of different verdicts where there are such.
    `verdict` is that of the text (of the second one of a pair), `transition` that of the run ("incorrect>correct").
    `entropy` is the least mean token entropy of a text, in nats. `unlabelled` leaves out texts that somebody has
    submitted labels of, in any queue.
    """

    sessions: tuple[str, ...] = ()
    experiment: str | None = None
    methods: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    take: Take = "final"
    verdict: VerdictValue | None = None
    transition: str | None = None
    disagreement: Disagreement | None = None
    entropy: float | None = None
    unlabelled: bool = False
    sampling: Sampling = "all"
    n: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Queue:
    """Items to be labelled by some annotators.

    `schema` is a copy: changing or deleting the schema it was made from changes no queue. In a `blind` queue an
    annotator sees model, method, scores and verdict of an item only after submitting it, and its pairs stand either
    way round. `overlap` is how many annotators label each item.
    """

    id: str
    person_id: str
    name: str
    schema: LabelSchema
    wanted: QueueFilter
    created_at: datetime
    annotators: tuple[Annotator, ...] = ()
    blind: bool = False
    suggestions: bool = False
    overlap: int = 1
    seed: int = 0
    deleted_at: datetime | None = None

    @property
    def pairs(self) -> bool:
        """Whether its items are pairs of texts."""
        return self.wanted.take in ("revision_pair", "sample_pair")


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A run with the one text, or the two, that are labelled: ids of generations.

    `submitted` counts the annotators who have submitted labels, `disputed` says that these differ.
    """

    id: str
    queue_id: str
    position: int
    run_id: str
    texts: tuple[str, ...]
    submitted: int = 0
    disputed: bool = False
    adjudicated: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """An item that an annotator is to label, and how far that is; a skipped one keeps its draft."""

    item_id: str
    annotator: str
    state: AssignmentState = "open"
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of a text that is judged as one; offsets are UTF-8 bytes, end exclusive."""

    start: int
    end: int


Steps: TypeAlias = tuple[tuple[Step, ...], ...]  # one row a text of the item


@dataclass(frozen=True, slots=True)
class Label:
    """One atomic statement about an item (see the table above).

    `source` is "person", "suggestion", or the name of what it was imported from. A suggestion counts for nothing
    until a person has `confirmed` it.
    """

    field: str
    value: str
    step: int | None = None
    start: int | None = None
    end: int | None = None
    text: int = 0
    source: str = PERSON
    confirmed: bool = True

    @property
    def counts(self) -> bool:
        """Whether a person stands behind it."""
        return self.confirmed or self.source != SUGGESTION


@dataclass(frozen=True, slots=True)
class Annotation:
    """One version of what an annotator says about an item.

    Versions count from 1, and no number is given twice: an undone draft keeps its own. The newest one that is not
    undone is where the annotator is, the newest submitted one is what counts.
    `steps` are the steps that its labels refer to. `seconds` is how long the annotator worked on it in all.
    `unblinded` says that it was changed after model, method, scores and verdict had been shown.
    """

    id: str
    item_id: str
    annotator: str
    person_id: str
    version: int
    state: AnnotationState
    created_at: datetime
    labels: tuple[Label, ...] = ()
    steps: Steps = ()
    seconds: float = 0.0
    unblinded: bool = False


@dataclass(frozen=True, slots=True)
class Adjudication:
    """What the owner of a queue decided about an item, beside what its annotators said; the newest one counts."""

    id: str
    item_id: str
    person_id: str
    created_at: datetime
    labels: tuple[Label, ...] = ()
    steps: Steps = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Everything that was said about an item; `annotations` are the submitted ones that count, one an annotator."""

    item: QueueItem
    annotations: tuple[Annotation, ...]
    adjudication: Adjudication | None = None

    @property
    def settled(self) -> Adjudication | Annotation | None:
        """What to train on: the adjudication, else the first annotation where all agree, else None."""
        if self.adjudication is not None:
            return self.adjudication
        return None if self.item.disputed or not self.annotations else self.annotations[0]


@dataclass(frozen=True, slots=True)
class Progress:
    """How many items of an annotator are in each state."""

    annotator: str
    states: Mapping[AssignmentState, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many items the annotator has."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue as a list shows it."""

    queue: Queue
    items: int
    disputed: int
    adjudicated: int
    progress: tuple[Progress, ...]


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item as an annotator's list shows it; `question` is cut to an excerpt."""

    id: str
    position: int
    question: str
    state: AssignmentState
    changed_at: datetime | None = None
