"""Label Studio's JSON export: a task with the annotations of several people; `conventions` says how it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from storage.annotations import Label
from webapp.export.labels.conventions import about, answered, question_of, stretch, texts_in
from webapp.export.labels.prm800k import moment
from webapp.export.labels.row import LabelRow, LabelRows
from webapp.export.rows import Refusal
from webapp.export.trace_row import RowError

LABEL_STUDIO = "label-studio"


def read_label_studio(place: str, content: Mapping[str, Any]) -> LabelRows:
    """Yield a row or a refusal for every annotation of a task that was not cancelled.

    Raises:
        RowError: where the task itself cannot be used.

    """
    data, given = content.get("data"), content.get("annotations")
    if not isinstance(data, dict):
        raise RowError("data", "it has to be an object")
    if not isinstance(given, list):
        raise RowError("annotations", "it has to be a list")
    for number, annotation in enumerate(given, 1):
        if not isinstance(annotation, dict) or annotation.get("was_cancelled"):
            continue
        where = f"{place}, annotation {number}"
        try:
            yield _row(where, data, annotation)
        except RowError as error:
            yield Refusal(where, error.field, error.reason)


def _row(place: str, data: Mapping[str, Any], annotation: Mapping[str, Any]) -> LabelRow:
    texts = texts_in(data)
    seconds = annotation.get("lead_time")
    results = annotation.get("result")
    if not isinstance(results, list):
        raise RowError("result", "it has to be a list")
    labels = [label for result in results for label in _labels(result, texts[0].text)]
    if not labels:
        raise RowError("result", "it holds no label")
    return LabelRow(
        place, question_of(data), texts, tuple(labels), _who(annotation.get("completed_by")), **about(data),
        seconds=float(seconds) if isinstance(seconds, int | float) and seconds > 0 else 0.0,
        when=moment(annotation.get("created_at")),
    )  # fmt: skip


def _labels(result: object, text: str) -> Iterator[Label]:
    if not isinstance(result, dict) or not isinstance(value := result.get("value"), dict):
        raise RowError("result", "an entry is no object with a value")
    name = str(result.get("from_name", ""))
    match result.get("type"):
        case "labels" | "hypertextlabels":
            given = value.get("labels") or value.get("hypertextlabels") or []
            yield from (stretch(text, value.get("start"), value.get("end"), each, LABEL_STUDIO) for each in given)
        case "pairwise":
            yield from answered("preference", value.get("selected"), LABEL_STUDIO)
        case "choices" | "taxonomy":
            yield from answered(name, value.get("choices"), LABEL_STUDIO)
        case "textarea":
            yield from answered(name, value.get("text"), LABEL_STUDIO)
        case "number" | "rating" as kind:
            yield from answered(name, value.get(kind), LABEL_STUDIO)
        case other:
            raise RowError(name or "result", f"a result of type {str(other)[:40]!r} cannot be read")


def _who(given: object) -> str:
    if isinstance(given, dict):
        given = given.get("email") or given.get("username") or given.get("id")
    return LABEL_STUDIO if given is None else str(given)
