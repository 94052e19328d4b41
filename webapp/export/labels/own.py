"""Our own annotations as JSON Lines: one annotator's submitted labels of one item a line, and adjudications.

`format` is "second-thoughts-annotation". `texts` are the one or two labelled texts in full, `steps` their steps as
UTF-8 byte offsets, a row a text; `labels` are as in `storage.annotations`, `schema` is the one they were given under.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter, ValidationError
from pydantic import Field as Size

from storage.annotations import Adjudication, Annotation, Field, Label, LabelSchema, Queue
from storage.records import Generation, ProblemKind, Role, Run
from webapp.export.foreign import FOREIGN
from webapp.export.labels.prm800k import moment
from webapp.export.labels.row import LabelledText, LabelRow
from webapp.export.trace_row import RowError

OWN = "second-thoughts-annotation"
_LABELS = TypeAdapter(tuple[Label, ...])
_FIELDS = TypeAdapter(tuple[Field, ...])

Stated: TypeAlias = Annotated[str, StringConstraints(pattern=r"\S")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class _Problem(_Part):
    question: Stated
    kind: ProblemKind | None = None
    reference: str | None = None
    choices: tuple[str, ...] = ()
    source: str = ""


class _Run(_Part):
    model: str = ""
    method: str = ""
    params: dict[str, Any] = {}
    seed: int | None = None


class _Text(_Part):
    text: Stated
    role: Role = "draft"


class _Schema(_Part):
    name: str = "Imported labels"
    guideline: str = ""
    fields: Annotated[tuple[Field, ...], Size(min_length=1)]


class _Line(_Part):
    problem: _Problem
    run: _Run
    asked: Annotated[_Schema, Size(alias="schema")]
    texts: Annotated[tuple[_Text, ...], Size(min_length=1, max_length=2)]
    steps: Annotated[tuple[tuple[tuple[int, int], ...], ...], Size(max_length=2)] = ()
    labels: tuple[Label, ...]
    annotator: str = ""
    queue: str = ""
    decided: str | None = None
    seconds: Annotated[float, Size(ge=0)] = 0.0
    unblinded: bool = False
    when: object = None


def written(queue: Queue, run: Run, texts: list[Generation], said: Annotation | Adjudication) -> dict[str, Any]:
    """Return what an annotator or the owner said about an item, as a line."""
    problem = run.problem
    who = {"annotator": said.annotator, "seconds": said.seconds, "unblinded": said.unblinded} if isinstance(
        said, Annotation
    ) else {"decided": said.note}  # fmt: skip
    return {
        "format": OWN,
        "queue": queue.name,
        "schema": {"name": queue.schema.name, "guideline": queue.schema.guideline,
                   "fields": _FIELDS.dump_python(queue.schema.fields, mode="json")},
        "problem": {"question": problem.question, "kind": problem.kind, "reference": problem.reference,
                    "choices": list(problem.choices), "source": problem.source},
        "run": {"method": run.method, "model": run.model.id, "params": dict(run.params), "seed": run.seed},
        "texts": [{"role": text.role, "text": text.text} for text in texts],
        "steps": [[[step.start, step.end] for step in row] for row in said.steps],
        "labels": _LABELS.dump_python(said.labels, mode="json"),
        "when": said.created_at.isoformat(),
        **who,
    }  # fmt: skip


def read_own(place: str, content: Mapping[str, Any]) -> LabelRow:
    """Return a line as it was written.

    Raises:
        RowError: with the field and what is wrong with it.

    """
    try:
        line = _Line.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise RowError(".".join(map(str, first["loc"]))[:80], first["msg"][:200].lower()) from None
    problem, run, asked = line.problem, line.run, line.asked
    return LabelRow(
        place, problem.question, _texts(line), line.labels, line.annotator,
        kind=None if problem.kind == "procedural" else problem.kind, reference=problem.reference,
        choices=problem.choices, source=problem.source, model=run.model or "unknown",
        method=run.method.removeprefix(FOREIGN) or "unknown", seconds=line.seconds, when=moment(line.when),
        schema=LabelSchema("imported", "", asked.name, asked.fields, asked.guideline), queue=line.queue,
        decided=line.decided, unblinded=line.unblinded, params=run.params, seed=run.seed,
    )  # fmt: skip


def _texts(line: _Line) -> tuple[LabelledText, ...]:
    rows = [*line.steps, *[()] * (len(line.texts) - len(line.steps))]
    return tuple(
        LabelledText(each.text, (), row, each.role) for each, row in zip(line.texts, rows, strict=False)
    )  # fmt: skip
