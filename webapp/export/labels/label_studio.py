"""Label Studio's JSON export: a task with the annotations of several people; `conventions` says how it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from storage.annotations import Label
from webapp.export.labels.conventions import about, answered, gathered, question_of, stretch, texts_in
from webapp.export.labels.prm800k import moment
from webapp.export.labels.row import LabelRow, LabelRows
from webapp.export.rows import Refusal, finite
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
    results = annotation.get("result")
    if not isinstance(results, list):
        raise RowError("result", "it has to be a list")
    labels = gathered(label for result in results for label in _labels(result, texts[0].text))
    if not labels:
        raise RowError("result", "it holds no label")
    return LabelRow(
        place, question_of(data), texts, labels, _who(annotation.get("completed_by")), **about(data),
        seconds=max(finite(annotation.get("lead_time")) or 0.0, 0.0),
        when=moment(annotation.get("created_at")),
    )  # fmt: skip


def _labels(result: object, text: str) -> Iterator[Label]:
    if not isinstance(result, dict) or not isinstance(value := result.get("value"), dict):
        raise RowError("result", "an entry is no object with a value")
    name = str(result.get("from_name", ""))
    match result.get("type"):
        case "labels" | "hypertextlabels":
            given = value.get("labels") or value.get("hypertextlabels") or []
            start, end = _counted(text, value)
            yield from (stretch(text, start, end, each, LABEL_STUDIO) for each in _listed(given))
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


def _counted(text: str, value: Mapping[str, Any]) -> tuple[object, object]:
    """Return where a stretch begins and ends in characters; some releases count UTF-16 units.

    Which of the two it is, and whether it is this text that was marked at all, is told by the words that were.

    Raises:
        RowError: where they do not stand there either way.

    """
    start, end, said = value.get("start"), value.get("end"), value.get("text")
    if not isinstance(said, str) or not isinstance(start, int) or not isinstance(end, int):
        return start, end
    for first, last in ((start, end), (_characters(text, start), _characters(text, end))):
        if _bare(text[max(first, 0) : max(last, 0)]) == _bare(said):
            return first, last
    raise RowError("spans", f"from {start} to {end} the answer does not say {said[:40]!r}")


def _characters(text: str, units: int) -> int:
    """Return how many characters so many UTF-16 units are."""
    return len(text.encode("utf-16-le")[: 2 * max(units, 0)].decode("utf-16-le", "ignore"))


def _bare(text: str) -> str:
    """Return a text without its spaces; line breaks may be written as a backslash and an n."""
    return "".join(text.replace("\\n", " ").split())


def _listed(given: object) -> list[object]:
    if not isinstance(given, list):
        raise RowError("spans", "the labels of a stretch have to be a list")
    return given
