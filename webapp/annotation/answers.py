"""What the routes of annotation return, as JSON (see `wire`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from storage.annotations import Adjudication, AssignmentState, Label, LabelSchema, Step
from storage.records import Role, VerdictValue


class Schemas(BaseModel):
    """All schemas that a person may use."""

    ready: Sequence[LabelSchema]
    own: Sequence[LabelSchema]


class Count(BaseModel):
    """How many items a filter finds (`found`), and how many of them a queue would take (`taken`)."""

    found: int
    taken: int


class Choices(BaseModel):
    """What a filter may name: what there is in the sessions that the person may read."""

    methods: Sequence[str]
    models: Sequence[str]
    scores: Sequence[str]


class ProgressAnswer(BaseModel):
    """How far an annotator is; `mine` says that the asking person may act under that name."""

    annotator: str
    mine: bool
    states: Mapping[AssignmentState, int]
    total: int


class QueueAnswer(BaseModel):
    """A queue with its schema and how far it is. `filter` is None for who is not its owner in a blind queue."""

    id: str
    name: str
    owner: bool
    label_schema: LabelSchema
    filter: Mapping[str, object] | None
    blind: bool
    suggestions: bool
    overlap: int
    seed: int
    pairs: bool
    items: int
    disputed: int
    adjudicated: int
    created_at: datetime
    deleted_at: datetime | None
    progress: Sequence[ProgressAnswer]


class Signals(BaseModel):
    """What is known of a text besides its words; columns have a value a token, None where unknown."""

    generation_id: str
    answer: str | None
    verdict: VerdictValue
    entropy: Sequence[float | None] | None
    logprob: Sequence[float | None] | None
    scores: Mapping[str, float | None]


class TextAnswer(BaseModel):
    """One text of an item.

    `tokens` are the texts of its tokens, which make up the text; `tokenised` is False where no tokens are stored and
    these are words. `steps` are those computed from the text. `role` and `signals` are None while an item is blind.
    """

    role: Role | None
    text: str
    tokens: Sequence[str]
    tokenised: bool
    steps: Sequence[Step]
    signals: Signals | None


class ContextAnswer(BaseModel):
    """A text that the labelled ones were written from, oldest first."""

    role: Role
    text: str


class Revealed(BaseModel):
    """What a blind queue hides until an annotator has submitted."""

    run_id: str
    session_id: str
    method: str
    model: str
    seed: int
    verdict: VerdictValue
    first_verdict: VerdictValue
    answer: str | None
    reference: str | None


class Suggested(BaseModel):
    """A label that signals suggest: its source is "suggestion", it is not confirmed; `why` says it in words."""

    label: Label
    why: str


class AnnotationAnswer(BaseModel):
    """Where an annotator is with an item; version 0 with no labels before anything was said."""

    version: int
    state: AssignmentState
    labels: Sequence[Label]
    steps: Sequence[Sequence[Step]]
    seconds: float


class ItemAnswer(BaseModel):
    """An item as one annotator sees it. `revealed` is None while it is blind for this annotator."""

    id: str
    queue_id: str
    position: int
    of: int
    question: str
    choices: Sequence[str]
    context: Sequence[ContextAnswer]
    texts: Sequence[TextAnswer]
    suggestions: Sequence[Suggested]
    revealed: Revealed | None
    annotation: AnnotationAnswer


class Next(BaseModel):
    """The item to do next, None when nothing is left: open ones and drafts in order, then what was skipped."""

    item_id: str | None
    progress: ProgressAnswer


class Saved(Next):
    """What was kept. `item_id` is the item to do next after a submission, None after a draft."""

    version: int
    state: AssignmentState


class Said(BaseModel):
    """What one annotator says of an item."""

    annotator: str
    labels: Sequence[Label]
    steps: Sequence[Sequence[Step]]
    seconds: float
    submitted_at: datetime
    unblinded: bool


class Disputed(BaseModel):
    """An item that its annotators do not agree about; `fields` are the names of those that differ."""

    id: str
    position: int
    question: str
    fields: Sequence[str]
    said: Sequence[Said]
    adjudicated: bool


class AdjudicationAnswer(BaseModel):
    """An item with all that was said of it; in a blind queue `revealed` is None until it is adjudicated."""

    item: ItemAnswer
    fields: Sequence[str]
    said: Sequence[Said]
    adjudications: Sequence[Adjudication]


class Measure(BaseModel):
    """One number of agreement with its bootstrap interval over items; `label` is None for a whole field.

    What cannot be computed has no value and a `note` that says why.
    """

    field: str
    label: str | None
    name: str
    value: float | None
    low: float | None
    high: float | None
    items: int
    note: str = ""


class AgreementAnswer(BaseModel):
    """How much the annotators of a queue agree, from what they submitted."""

    measures: Sequence[Measure]
    items: int
    annotators: Sequence[str]


class AnnotatorAnswer(BaseModel):
    """How fast and how consistent an annotator is; private to the owner.

    `agreement` is the share of single labels equal to those of the others who labelled the same items, `adjudicated`
    the share equal to the adjudicated ones; None where there are none to compare with.
    """

    annotator: str
    submitted: int
    median_seconds: float | None
    per_hour: float | None
    agreement: float | None
    adjudicated: float | None
    changed_after_reveal: int


class Done(BaseModel):
    """Something was done that has nothing more to tell."""

    done: Literal[True] = True
