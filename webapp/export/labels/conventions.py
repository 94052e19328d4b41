"""How questions of labelling tools are read: by their names, as their configurations call them.

| name of the question | answer |
|---|---|
| outcome, correctness | right, wrong or unclear (also correct, incorrect, true, false, ...) |
| step_1, step_2, ... | good, neutral or bad (also 1, 0, -1, right, wrong, ...) |
| first_error, first_error_step | the number of the first wrong step, from 1 on, or none |
| error_types | any words |
| spans | stretches of the answer with a word each |
| preference | first, second or tie (also answer, answer_b, left, right, a, b) |
| confidence | a word or a number |
| note, comment, explanation | text |

The texts are `question` (also prompt, problem) and `answer` (also response, text, solution, completion) with `steps`
where they are known, and `answer_b` where two are compared. `model`, `method`, `reference` (or gold) and `kind` may
stand beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from storage.annotations import FIRST, SECOND, TIE, Label
from webapp.export.labels.objects import text_of, texts_of
from webapp.export.labels.row import LabelledText
from webapp.export.labels.schema import first_error, note, outcome, step
from webapp.export.trace_row import Kind, RowError

QUESTIONS = ("question", "prompt", "problem", "instruction")
ANSWERS = ("answer", "response", "text", "solution", "completion", "answer_a", "response_a")
SECONDS = ("answer_b", "response_b", "second")
LONGEST_NUMBER = 9  # digits of a step
REFERENCES = ("reference", "gold", "ground_truth_answer")
_STEP = re.compile(rf"step[_ -]?(\d{{1,{LONGEST_NUMBER}}})")
_PREFERENCES = {
    "first": FIRST, "answer": FIRST, "answer_a": FIRST, "left": FIRST, "a": FIRST, "response_a": FIRST, "1": FIRST,
    "second": SECOND, "answer_b": SECOND, "right": SECOND, "b": SECOND, "response_b": SECOND, "2": SECOND,
    "tie": TIE, "equal": TIE, "both": TIE,
}  # fmt: skip


def question_of(data: Mapping[str, Any]) -> str:
    """Return the question of a task.

    Raises:
        RowError: where it has none.

    """
    return text_of(data, _named(data, QUESTIONS) or QUESTIONS[0])


def texts_in(data: Mapping[str, Any]) -> tuple[LabelledText, ...]:
    """Return the answer of a task, and the second one where two are compared.

    Raises:
        RowError: where it has none.

    """
    name = _named(data, ANSWERS)
    steps = texts_of(data, "steps") if data.get("steps") is not None else ()
    if not all(step.strip() for step in steps):
        raise RowError("steps", "a step says nothing")
    if name is None and not steps:
        raise RowError(ANSWERS[0], "it has to be a text")
    first = LabelledText("\n".join(steps) if name is None else text_of(data, name), steps)
    second = _named(data, SECONDS)
    return (first,) if second is None else (first, LabelledText(text_of(data, second)))


def about(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a task says of problem, model and method beside the texts, as fields of a row."""
    reference = next((data[name] for name in REFERENCES if data.get(name) is not None), None)
    kind = data.get("kind") if data.get("kind") in get_args(Kind) else None
    found = {"reference": None if reference is None else str(reference), "kind": kind}
    return found | {name: str(data[name]) for name in ("model", "method", "source") if data.get(name)}


def answered(name: str, value: object, source: str) -> list[Label]:
    """Return the labels of a question that is no stretch of the text.

    Raises:
        RowError: for a name or an answer that means nothing here.

    """
    asked = name.strip().casefold()
    values: Sequence[object] = value if isinstance(value, list) else [value]
    if matched := _STEP.fullmatch(asked):
        return [step(int(matched[1]) - 1, each, source) for each in values]
    match asked:
        case "outcome" | "correctness":
            return [outcome(each, source) for each in values]
        case "first_error" | "first_error_step":
            return [first_error(_number(each, name), source) for each in values]
        case "error_types" | "error_type":
            return [Label("error_types", str(each), source=source) for each in values]
        case "preference":
            return [Label("preference", _preferred(each), source=source) for each in values]
        case "confidence":
            return [Label("confidence", str(each), source=source) for each in values]
        case "note" | "comment" | "explanation":
            return note("\n\n".join(map(str, values)), source)
    raise RowError(name, "no question of that name is known here; see webapp.export.labels.conventions")


def gathered(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Return the labels of one annotator, each once; what was written in several boxes is one note."""
    found = list(dict.fromkeys(labels))
    notes = [label for label in found if label.field == "note"]
    if len(notes) < 2:
        return tuple(found)
    one = replace(notes[0], value="\n\n".join(label.value for label in notes))
    return (*(label for label in found if label.field != "note"), one)


def stretch(text: str, start: object, end: object, value: object, source: str) -> Label:
    """Return the label of a stretch given in characters of a text.

    Raises:
        RowError: where there is no such stretch.

    """
    if not isinstance(start, int) or not isinstance(end, int) or not 0 <= start < end <= len(text):
        raise RowError("spans", f"the text has no stretch from {start} to {end}")
    first = len(text[:start].encode())
    return Label("spans", str(value), start=first, end=first + len(text[start:end].encode()), source=source)


def _named(data: Mapping[str, Any], names: Sequence[str]) -> str | None:
    return next((name for name in names if isinstance(data.get(name), str)), None)


def _number(value: object, name: str) -> int | None:
    word = str(value).strip().casefold()
    if word in ("none", "no error", "n/a", "0"):
        return None
    if not word.isdecimal() or len(word) > LONGEST_NUMBER:
        raise RowError(name, f"{str(value)[:40]!r} is neither the number of a step nor none")
    return int(word) - 1


def _preferred(value: object) -> str:
    word = str(value).strip().casefold()
    if word not in _PREFERENCES:
        raise RowError("preference", f"{str(value)[:40]!r} is none of {', '.join(_PREFERENCES)}")
    return _PREFERENCES[word]
