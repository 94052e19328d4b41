"""Our own annotations as JSON Lines: one annotator's submitted labels of one item a line, and adjudications.

`format` is "second-thoughts-annotation". `texts` are the one or two labelled texts in full, `steps` their steps as
UTF-8 byte offsets, a row a text; `labels` are as in `storage.annotations`, `schema` is the one they were given under.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from storage.annotations import Adjudication, Annotation, Field, Label, LabelSchema, Queue
from storage.records import Generation, Run
from webapp.export.foreign import FOREIGN
from webapp.export.labels.objects import text_of
from webapp.export.labels.prm800k import moment
from webapp.export.labels.row import LabelledText, LabelRow
from webapp.export.trace_row import RowError

OWN = "second-thoughts-annotation"
_LABELS = TypeAdapter(tuple[Label, ...])
_FIELDS = TypeAdapter(tuple[Field, ...])
_STEPS = TypeAdapter(tuple[tuple[tuple[int, int], ...], ...])


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
    problem, run, schema = (_object(content, name) for name in ("problem", "run", "schema"))
    try:
        labels = _LABELS.validate_python(content.get("labels"))
        fields = _FIELDS.validate_python(schema.get("fields"))
        places = _STEPS.validate_python(content.get("steps"))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise RowError(".".join(map(str, first["loc"]))[:80], first["msg"][:200].lower()) from None
    decided = content.get("decided")
    kind = problem.get("kind")
    return LabelRow(
        place, text_of(problem, "question"), _texts(content, places), labels, str(content.get("annotator") or ""),
        kind=None if kind in (None, "procedural") else kind, reference=problem.get("reference"),
        choices=tuple(problem.get("choices") or ()), source=str(problem.get("source") or ""),
        model=str(run.get("model") or "unknown"),
        method=str(run.get("method") or "unknown").removeprefix(FOREIGN),
        seconds=float(content.get("seconds") or 0.0), when=moment(content.get("when")),
        schema=LabelSchema("imported", "", str(schema.get("name") or "Imported labels"), fields,
                           str(schema.get("guideline") or "")),
        queue=str(content.get("queue") or ""), decided=decided if isinstance(decided, str) else None,
        unblinded=bool(content.get("unblinded")), params=dict(run.get("params") or {}), seed=run.get("seed"),
    )  # fmt: skip


def _object(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = content.get(name)
    if not isinstance(value, dict):
        raise RowError(name, "it has to be an object")
    return value


def _texts(content: Mapping[str, Any], places: tuple[tuple[tuple[int, int], ...], ...]) -> tuple[LabelledText, ...]:
    texts = content.get("texts")
    if not isinstance(texts, list) or len(texts) not in (1, 2) or not all(isinstance(each, dict) for each in texts):
        raise RowError("texts", "it has to be a list of one or two texts")
    rows = [*places, *[()] * (len(texts) - len(places))]
    return tuple(
        LabelledText(text_of(each, "text"), (), row, each.get("role", "draft"))
        for each, row in zip(texts, rows, strict=True)
    )
