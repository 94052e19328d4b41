"""How each annotator of a queue works: speed, and how often they say what others and the owner say."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, median

from storage.annotations import Annotation, Labelled, LabelSchema, Queue
from webapp.analysis.differing import same_share
from webapp.annotation.answers import AnnotatorAnswer

HOUR = 3600.0


def annotators_of(queue: Queue, labelled: Sequence[Labelled]) -> list[AnnotatorAnswer]:
    """Return a row an annotator, in the order of the queue."""
    return [_annotator(queue.schema, each.name, labelled) for each in queue.annotators]


def _annotator(schema: LabelSchema, name: str, labelled: Sequence[Labelled]) -> AnnotatorAnswer:
    own = [(item, each) for item in labelled for each in item.annotations if each.annotator == name]
    timed = [each.seconds for _, each in own if each.seconds > 0]
    others = [same_share(schema, each, other) for item, each in own for other in _others(item, name)]
    decided = [same_share(schema, each, item.adjudication) for item, each in own if item.adjudication is not None]
    return AnnotatorAnswer(
        annotator=name,
        submitted=len(own),
        median_seconds=median(timed) if timed else None,
        per_hour=HOUR / fmean(timed) if timed else None,
        agreement=_share(others),
        adjudicated=_share(decided),
        changed_after_reveal=sum(each.unblinded for _, each in own),
    )


def _others(item: Labelled, name: str) -> list[Annotation]:
    return [each for each in item.annotations if each.annotator != name]


def _share(counts: Sequence[tuple[int, int]]) -> float | None:
    either = sum(of for _, of in counts)
    return sum(same for same, _ in counts) / either if either else None
