"""What a file says of one solution, or of two that were compared, whatever program wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from storage.annotations import Label, LabelSchema, Steps
from storage.records import Role
from webapp.export.rows import Refusal
from webapp.export.trace_row import Kind


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text with the steps that its labels count; without steps, they are those that we split it into.

    `places` are the steps as UTF-8 byte offsets where a file states these instead of their texts.
    """

    text: str
    steps: tuple[str, ...] = ()
    places: tuple[tuple[int, int], ...] | None = None
    role: Role = "draft"


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One or two texts with what one annotator said about them.

    Attributes:
        place: where it stands in the file.
        question: what the texts answer.
        texts: one, or two that were compared.
        labels: of the imported schema, or of `schema`; offsets of spans are UTF-8 bytes of the file's text.
        annotator: a name.
        kind: grader of the problem, None where the file does not say.
        reference: the right answer, None where it is not known.
        choices: option texts of a multiple-choice problem.
        source: the data set and row.
        model: that wrote the texts.
        method: that wrote them.
        seconds: how long the annotator took.
        when: when they said it, None where it is not known.
        schema: the schema of the labels where the file states it.
        queue: the name of the queue they belong to, where the file states it.
        decided: that it is an adjudication, with this note.
        unblinded: that model and verdict were known to the annotator.
        params: settings of the method.
        seed: of the run, None where it is not known.

    """

    place: str
    question: str
    texts: tuple[LabelledText, ...]
    labels: tuple[Label, ...]
    annotator: str
    kind: Kind | None = None
    reference: str | None = None
    choices: tuple[str, ...] = ()
    source: str = ""
    model: str = "unknown"
    method: str = "labelled"
    seconds: float = 0.0
    when: datetime | None = None
    schema: LabelSchema | None = None
    queue: str = ""
    decided: str | None = None
    unblinded: bool = False
    params: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None


LabelRows: TypeAlias = Iterator[LabelRow | Refusal]


@dataclass(frozen=True, slots=True)
class Placed:
    """A row on texts that are stored: their ids, the run, and the steps in their bytes."""

    row: LabelRow
    run_id: str
    texts: tuple[str, ...]
    steps: Steps
    labels: tuple[Label, ...]
