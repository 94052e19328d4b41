"""Benchmarks that locate the first wrong step of a solution: BIG-Bench-Mistake, MR-GSM8K, MR-Ben.

BIG-Bench-Mistake counts steps from 0 and has null where there is no logical mistake, whatever the answer is; the two
others count from 1 and have "N/A". Steps that say nothing are left out, and what follows them is counted anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from storage.annotations import Label
from webapp.export.labels.objects import text_of, texts_of
from webapp.export.labels.row import LabelledText, LabelRow
from webapp.export.labels.schema import first_error, note, outcome
from webapp.export.trace_row import Kind, RowError

MISTAKE, MR_GSM8K, MR_BEN = "big-bench-mistake", "mr-gsm8k", "mr-ben"
_NONE = ("n/a", "na", "none", "null", "")
_NUMBER = re.compile(r"[-−]?[$€£]?\d[\d,]*(?:\.\d+)?%?")
_OPTION = re.compile(r"^\s*\(?([A-J])\s*[):.]\s*(.*?)\s*$", re.MULTILINE)


def read_mistake(place: str, content: Mapping[str, Any]) -> LabelRow:
    """Return a row of BIG-Bench-Mistake.

    Raises:
        RowError: with the field and what is wrong with it.

    """
    steps = texts_of(content, "steps")
    at = content.get("mistake_index")
    if at is not None and (not isinstance(at, int) or isinstance(at, bool)):
        raise RowError("mistake_index", "it has to be a number from 0 on, or null")
    labels = (first_error(_within(at, steps, "mistake_index"), MISTAKE),)
    target = content.get("target")
    reference = target if isinstance(target, str) and target.strip() else None
    return _row(
        place, text_of(content, "input"), steps, labels, MISTAKE, reference=reference, kind=_kind(reference),
        model="PaLM 2",
    )  # fmt: skip


def read_mr_gsm8k(place: str, content: Mapping[str, Any]) -> LabelRow:
    """Return a row of MR-GSM8K.

    Raises:
        RowError: with the field and what is wrong with it.

    """
    name = "model_output_solution_first_error_step"
    steps = texts_of(content, "model_output_steps")
    verdict = content.get("model_output_solution_correctness")
    labels = [first_error(_from_one(content.get(name), steps, name), MR_GSM8K)]
    labels += [outcome(verdict, MR_GSM8K)] if verdict is not None else []
    labels += _reasons(content.get("model_output_solution_first_error_reason"), MR_GSM8K)
    answer = content.get("ground_truth_answer")
    reference = None if answer is None else str(answer)
    source = f"MR-GSM8K {content.get('uuid', '')}".strip()
    return _row(
        place, text_of(content, "question"), steps, labels, MR_GSM8K, reference=reference, kind=_kind(reference),
        source=source,
    )  # fmt: skip


def read_mr_ben(place: str, content: Mapping[str, Any]) -> LabelRow:
    """Return a row of MR-Ben, one solution a line; the rectified step stands in the note.

    Raises:
        RowError: with the field and what is wrong with it.

    """
    name = "Model_Solution_First_Error_Step"
    steps = texts_of(content, "Model_Solution_Steps")
    labels = [first_error(_from_one(content.get(name), steps, name), MR_BEN)]
    labels += [outcome(verdict, MR_BEN)] if (verdict := content.get("Model_Solution_Correctness")) else []
    rectified = _said(content.get("Model_Solution_Rectified_First_Error_Step"))
    reasons = _said(content.get("Model_Solution_Error_Reason"))
    labels += note("\n\n".join([*reasons, *(f"Rectified step: {each}" for each in rectified)]), MR_BEN)
    choices = _choices(content.get("Options"))
    answer = content.get("Ground_Truth_Answer_Modified") or content.get("Ground_Truth_Answer")
    return _row(
        place, text_of(content, "Question"), steps, labels, MR_BEN,
        reference=answer if isinstance(answer, str) and answer.strip() else None, choices=choices,
        source=f"MR-Ben {content.get('Question_UUID', '')}".strip(),
        model=str(content.get("Sampled_Model") or "unknown"),
    )  # fmt: skip


def _row(
    place: str, question: str, steps: tuple[str, ...], labels: object, source_name: str, **rest: Any
) -> LabelRow:
    told: tuple[Label, ...] = tuple(labels)  # type: ignore[arg-type]  # a list or tuple of them
    told_steps = tuple(step for step in steps if step.strip())
    texts = (LabelledText("\n".join(told_steps), told_steps),)
    return LabelRow(place, question, texts, told, source_name, **{"source": source_name, **rest})


def _kind(reference: str | None) -> Kind | None:
    if reference is None:
        return None
    return "numeric" if _NUMBER.fullmatch(reference.strip()) else "text"


def _from_one(value: object, steps: tuple[str, ...], field: str) -> int | None:
    if value is None or str(value).strip().casefold() in _NONE:
        return None
    try:
        number = int(str(value).strip())
    except ValueError:
        raise RowError(field, f"{str(value)[:40]!r} is neither a number nor N/A") from None
    if number < 1:
        raise RowError(field, "steps count from 1")
    return _within(number - 1, steps, field)


def _within(at: int | None, steps: tuple[str, ...], field: str) -> int | None:
    """Return the place of a step among those that say something."""
    if at is None:
        return None
    if not 0 <= at < len(steps):
        raise RowError(field, f"there is no such step; the solution has {len(steps)}")
    if not steps[at].strip():
        raise RowError(field, f"step {at + 1} of the file says nothing")
    return sum(bool(step.strip()) for step in steps[:at])


def _reasons(value: object, source: str) -> list[Label]:
    return note("\n\n".join(_said(value)), source)


def _said(value: object) -> list[str]:
    parts = value if isinstance(value, list) else [value]
    return [each.strip() for each in parts if isinstance(each, str) and each.strip().casefold() not in _NONE]


def _choices(options: object) -> tuple[str, ...]:
    """Return option texts from lines "A: ...", where these are lettered without a gap."""
    found = _OPTION.findall(options) if isinstance(options, str) else []
    lettered = [letter for letter, _ in found] == [chr(65 + i) for i in range(len(found))]
    return tuple(text for _, text in found) if lettered and all(text for _, text in found) else ()
