"""What people said about texts, as far as builders need it: adjudicated labels, else those that all agree on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session as OrmSession

from storage.annotations import (
    FIRST,
    NO_ERROR,
    STEP,
    TIE,
    Adjudication,
    Annotation,
    Field,
    FieldKind,
    Label,
    Labelled,
    LabelSchema,
)
from storage.repositories import annotations as annotation_store
from storage.repositories import queue_items, queues
from webapp.export.training.material import Judged, Preferred

ADJUDICATED = "adjudicated"


@dataclass(slots=True)
class Judging:
    """Labels by the id of the text, and comparisons of two texts."""

    texts: dict[str, Judged] = field(default_factory=dict)
    preferred: list[Preferred] = field(default_factory=list)


def judging_of(s: OrmSession, run_ids: Sequence[str]) -> Judging:
    """Return what was said about the texts of runs, in all queues that are not deleted.

    Where two queues judge one text, what the earlier one leaves open is taken from the later one.
    """
    items = queue_items.of_runs(s, run_ids)
    schemas = {key: queue.schema for key in {item.queue_id for item in items} if (queue := queues.get(s, key))}
    found = Judging()
    for labelled in annotation_store.labelled(s, items):
        schema = schemas.get(labelled.item.queue_id)
        if schema is not None and (labelled.annotations or labelled.adjudication):
            _add(found, labelled, schema)
    return found


def _add(found: Judging, labelled: Labelled, schema: LabelSchema) -> None:
    settled = labelled.settled
    for place, text in enumerate(labelled.item.texts):
        judged = Judged(disputed=True) if settled is None else judged_by(settled, schema, place)
        about = replace(judged, people=_people(labelled), seconds=_seconds(labelled), when=_when(labelled))
        earlier = found.texts.get(text)
        found.texts[text] = about if earlier is None else _merged(earlier, about)
    if settled is not None and len(labelled.item.texts) == 2:
        found.preferred += _preferred(labelled, settled, schema)


def judged_by(settled: Annotation | Adjudication, schema: LabelSchema, place: int) -> Judged:
    """Return what labels say of the text at a place of its item: the first field of each kind, by its ratings."""
    steps = settled.steps[place] if place < len(settled.steps) else ()
    rated = {label.step: rating for label, rating in _rated(settled, schema, "steps", place)}
    outcome = next((rating for _, rating in _rated(settled, schema, "choice", place)), None)
    error = next(_labels(settled, _first(schema, "first_error"), place), None)
    notes = [label.value.strip() for label in _labels(settled, _first(schema, "text"), place)]
    return Judged(
        right=None if not outcome else outcome > 0,
        steps=tuple((step.start, step.end) for step in steps),
        ratings=tuple(rated.get(at) for at in range(len(steps))),
        first_error=error.step if error is not None and error.value == STEP else None,
        flawless=error is not None and error.value == NO_ERROR,
        note="\n\n".join(filter(None, notes)),
    )


def _first(schema: LabelSchema, kind: FieldKind) -> Field | None:
    return next((each for each in schema.fields if each.kind == kind), None)


def _labels(settled: Annotation | Adjudication, asked: Field | None, place: int) -> Iterator[Label]:
    if asked is not None:
        yield from (
            label for label in settled.labels if label.field == asked.name and label.text == place and label.counts
        )


def _rated(
    settled: Annotation | Adjudication, schema: LabelSchema, kind: FieldKind, place: int
) -> Iterator[tuple[Label, int | None]]:
    """Yield the labels of the first field of a kind that rates, each with its rating as 1, 0 or -1."""
    asked = next((f for f in schema.fields if f.kind == kind and any(o.rating is not None for o in f.options)), None)
    ratings = {} if asked is None else {option.value: option.rating for option in asked.options}
    for label in _labels(settled, asked, place):
        rating = ratings.get(label.value)
        yield label, None if rating is None else (rating > 0) - (rating < 0)


def _preferred(labelled: Labelled, settled: Annotation | Adjudication, schema: LabelSchema) -> Iterator[Preferred]:
    asked = _first(schema, "preference")
    for label in settled.labels:
        if asked is not None and label.field == asked.name and label.counts and label.value != TIE:
            first, second = labelled.item.texts
            better, worse = (first, second) if label.value == FIRST else (second, first)
            yield Preferred(better, worse, _people(labelled))


def _people(labelled: Labelled) -> tuple[str, ...]:
    names = tuple(each.annotator for each in labelled.annotations)
    return (*names, ADJUDICATED) if labelled.adjudication is not None else names


def _seconds(labelled: Labelled) -> float:
    return sum(each.seconds for each in labelled.annotations)


def _when(labelled: Labelled) -> str:
    times = [each.created_at for each in (*labelled.annotations, labelled.adjudication) if each is not None]
    return max(times).isoformat() if times else ""


def _merged(earlier: Judged, later: Judged) -> Judged:
    if earlier.disputed or later.disputed:
        return replace(earlier if later.disputed else later, people=(*earlier.people, *later.people))
    steps = earlier if any(r is not None for r in earlier.ratings) or earlier.first_error is not None else later
    return replace(
        steps,
        right=earlier.right if earlier.right is not None else later.right,
        flawless=earlier.flawless or (later.flawless and steps is later),
        note="\n\n".join(filter(None, (earlier.note, later.note))),
        people=tuple(dict.fromkeys((*earlier.people, *later.people))),
        seconds=earlier.seconds + later.seconds,
        when=max(earlier.when, later.when),
    )
