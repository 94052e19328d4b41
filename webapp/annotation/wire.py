"""What the routes of annotation take, as JSON; what they return stands in `answers`.

Every route answers a refusal with `{"error": SENTENCE}` and status 400 (409 where another window was faster: load
the item again). `annotator` is a name of the queue under which the asking person may act. Lists are `{items, total}`.

| route | takes | returns |
|---|---|---|
| GET `/api/annotation/schemas` | | `Schemas`: the ready ones, then one's own |
| POST `/api/annotation/schemas` | `SchemaRequest` | `LabelSchema` |
| PUT `/api/annotation/schemas/{id}` | `SchemaRequest` | `LabelSchema` |
| DELETE `/api/annotation/schemas/{id}` | | `Done` |
| POST `/api/annotation/count` | `FilterRequest` | `Count`: how many items such a filter finds |
| GET `/api/annotation/choices` | | `Choices`: what a filter may name |
| GET `/api/annotation/queues?text=&deleted=&offset=&limit=` | | `{items: QueueAnswer[], total}` |
| POST `/api/annotation/queues` | `QueueRequest` | `QueueAnswer` |
| GET `/api/annotation/queues/{id}` | | `QueueAnswer` |
| PATCH `/api/annotation/queues/{id}` | `QueueChange` of the owner | `QueueAnswer` |
| DELETE `/api/annotation/queues/{id}` | owner | `Done` |
| POST `/api/annotation/queues/{id}/restore` | owner | `Done` |
| GET `/api/annotation/queues/{id}/items?annotator=&state=&offset=&limit=` | | `{items: ItemRow[], total}` |
| GET `/api/annotation/queues/{id}/next?annotator=&after=` | | `Next`: what to do now, or after an item |
| GET `/api/annotation/items/{id}?annotator=` | | `ItemAnswer` |
| PUT `/api/annotation/items/{id}/draft` | `LabelsRequest` | `Saved` |
| POST `/api/annotation/items/{id}/submit` | `LabelsRequest` | `Saved`, with the item to do next |
| POST `/api/annotation/items/{id}/undo` | `ItemRequest` | `ItemAnswer` as it was before the last change |
| POST `/api/annotation/items/{id}/skip` | `ItemRequest` | `Next` |
| GET `/api/annotation/queues/{id}/disagreements?adjudicated=&offset=&limit=` | owner | `{items: Disputed[], total}` |
| GET `/api/annotation/items/{id}/adjudication` | owner | `AdjudicationAnswer` |
| POST `/api/annotation/items/{id}/adjudication` | `AdjudicationRequest` of the owner | `AdjudicationAnswer` |
| GET `/api/annotation/queues/{id}/agreement` | owner, or who has labelled all | `AgreementAnswer` |
| GET `/api/annotation/queues/{id}/annotators` | owner | `{items: AnnotatorAnswer[], total}`: speed, consistency |

A draft is to be sent at every change. `base` is the version it was made from (0 before the first one); the answer
names the new one. Undo takes back the newest draft; what was submitted stays until it is submitted anew.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from storage.annotations import FieldKind, Sampling, Take
from storage.records import VerdictValue

Name = Annotated[str, Field(min_length=1, max_length=100)]
Id = Annotated[str, Field(min_length=1, max_length=64)]
Names = Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=1000)]
Words = Annotated[str, Field(max_length=20_000)]
Offset = Annotated[int, Field(ge=0, le=2**31)]


class Asked(BaseModel):
    """What every request is: fields that are not known are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class OptionRequest(Asked):
    """One value that a field may take."""

    value: Name
    title: Name
    rating: Annotated[int, Field(ge=-10, le=10)] | None = None


class FieldRequest(Asked):
    """One question of a schema; options belong to kinds choice, choices, steps, spans and scale."""

    name: Name
    title: Name
    kind: FieldKind
    options: Annotated[tuple[OptionRequest, ...], Field(max_length=30)] = ()
    required: bool = False
    help: Annotated[str, Field(max_length=1000)] = ""


class SchemaRequest(Asked):
    """A schema as its editor sends it."""

    name: Name
    fields: Annotated[tuple[FieldRequest, ...], Field(min_length=1, max_length=20)]
    guideline: Words = ""


class DisagreementRequest(Asked):
    """Two scores of one text that differ by at least so much."""

    first: Name
    second: Name
    least: float


class FilterRequest(Asked):
    """Which texts a queue is built from (see `storage.annotations.QueueFilter`)."""

    sessions: Names = ()
    experiment: Id | None = None
    methods: Names = ()
    models: Names = ()
    take: Take = "final"
    verdict: VerdictValue | None = None
    transition: Annotated[str, Field(pattern="^[a-z]+>[a-z]+$")] | None = None
    disagreement: DisagreementRequest | None = None
    entropy: float | None = None
    unlabelled: bool = False
    sampling: Sampling = "all"
    n: Annotated[int, Field(ge=1, le=100_000)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0


class AnnotatorRequest(Asked):
    """An annotator; without a person it is the one who asks, so that several people can share one machine."""

    name: Name
    person_id: Id | None = None


class QueueRequest(Asked):
    """A queue to be built; `schema_id` is that of a ready schema or of one's own.

    Without `suggestions` these are on, but not in a blind queue.
    """

    name: Name
    schema_id: Id
    filter: FilterRequest = FilterRequest()
    annotators: Annotated[tuple[AnnotatorRequest, ...], Field(min_length=1, max_length=50)]
    blind: bool = False
    suggestions: bool | None = None
    overlap: Annotated[int, Field(ge=1, le=50)] = 1
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0


class QueueChange(Asked):
    """What an owner may change of a queue later: its name, and annotators who join it.

    Who joins is given every item that has fewer annotators than the overlap; with `everything`, every item.
    """

    name: Name | None = None
    join: AnnotatorRequest | None = None
    everything: bool = False


class ItemRequest(Asked):
    """Who asks for a change of an item, and from which version on."""

    annotator: Name
    base: Annotated[int, Field(ge=0)] = 0


class StepRequest(Asked):
    """A step as a person cut it, in UTF-8 bytes of its text."""

    start: Offset
    end: Offset


class LabelRequest(Asked):
    """One label (see `storage.annotations`)."""

    field: Name
    value: Words
    step: Annotated[int, Field(ge=0, le=100_000)] | None = None
    start: Offset | None = None
    end: Offset | None = None
    text: Annotated[int, Field(ge=0, le=1)] = 0
    source: Name = "person"
    confirmed: bool = True


class LabelsRequest(ItemRequest):
    """All labels of an item as they are now, with the steps they refer to (a row a text).

    `seconds` is how long the annotator has worked on the item in all.
    """

    labels: Annotated[tuple[LabelRequest, ...], Field(max_length=5_000)] = ()
    steps: Annotated[tuple[tuple[StepRequest, ...], ...], Field(max_length=2)] = ()
    seconds: Annotated[float, Field(ge=0, le=10**7)] = 0.0


class AdjudicationRequest(Asked):
    """What the owner decides; kept beside the originals."""

    labels: Annotated[tuple[LabelRequest, ...], Field(max_length=5_000)] = ()
    steps: Annotated[tuple[tuple[StepRequest, ...], ...], Field(max_length=2)] = ()
    note: Words = ""
