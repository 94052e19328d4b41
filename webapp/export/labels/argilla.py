"""Records of Argilla as `records.to_json` writes them, nested or flat; `conventions` says how they are read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from storage.annotations import Label
from webapp.export.labels.conventions import about, answered, gathered, question_of, stretch, texts_in
from webapp.export.labels.row import LabelRow, LabelRows
from webapp.export.rows import Refusal
from webapp.export.trace_row import RowError

ARGILLA = "argilla"
_FLAT = ".responses"


def read_argilla(place: str, content: Mapping[str, Any]) -> LabelRows:
    """Yield a row or a refusal for everybody who answered a record; suggestions are nobody's answers.

    Raises:
        RowError: where the record itself cannot be used.

    """
    fields = content.get("fields") if isinstance(content.get("fields"), dict) else content
    metadata = content.get("metadata") if isinstance(content.get("metadata"), dict) else {}
    if not isinstance(fields, dict) or not isinstance(metadata, dict):
        raise RowError("fields", "it has to be an object")
    data = {**content, **metadata, **fields} if fields is not content else {**content, **metadata}
    answers: defaultdict[str, list[tuple[str, object]]] = defaultdict(list)
    for name, who, value in _responses(content):
        answers[who].append((name, value))
    for who, given in answers.items():
        where = f"{place}, {who}"
        try:
            texts = texts_in(data)
            labels = gathered(label for name, value in given for label in _labels(name, value, texts[0].text))
            yield LabelRow(where, question_of(data), texts, labels, who, **about(data))
        except RowError as error:
            yield Refusal(where, error.field, error.reason)
    if not answers:
        yield Refusal(place, "responses", "nobody has answered the record")


def _responses(content: Mapping[str, Any]) -> Iterator[tuple[str, str, object]]:
    """Yield (question, person, answer) of a record in either form."""
    nested = content.get("responses")
    for name, given in nested.items() if isinstance(nested, dict) else ():
        for each in given if isinstance(given, list) else ():
            if isinstance(each, dict) and each.get("value") is not None:
                yield name, str(each.get("user_id") or ARGILLA), each["value"]
    for key, given in content.items():
        if key.endswith(_FLAT) and isinstance(given, list):
            users = content.get(f"{key}.users")
            people = users if isinstance(users, list) else []
            for at, value in enumerate(given):
                if value is not None:
                    yield key.removesuffix(_FLAT), str(people[at]) if at < len(people) else ARGILLA, value


def _labels(name: str, value: object, text: str) -> list[Label]:
    spans = isinstance(value, list) and all(isinstance(each, dict) and "start" in each for each in value)
    if isinstance(value, list) and value and spans:
        return [stretch(text, each["start"], each.get("end"), each.get("label"), ARGILLA) for each in value]
    if isinstance(value, list) and value and all(map(_ranked, value)):
        best = min(each["rank"] for each in value)
        first = [each.get("value") for each in value if each["rank"] == best]
        return answered("preference", first[0] if len(first) == 1 else "tie", ARGILLA)
    return answered(name, value, ARGILLA)


def _ranked(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("rank"), int | float)
