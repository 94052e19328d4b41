"""Stepwise supervision: prompt, completions, labels; and the token form that trains a process reward model."""

from __future__ import annotations

from collections.abc import Sequence

from webapp.export.training.examples import Steps, written
from webapp.export.training.formats.format import CannotSay, Format, Row, Way, meta_row
from webapp.export.training.formats.tokens import NO_LOSS
from webapp.export.training.template import Template

SEPARATOR = "\n"


def write(example: Steps, way: Way) -> list[Row]:
    """Return a row with a label a step; plain text only, whatever the style."""
    labels = list(example.good)
    content = {"prompt": example.question, "completions": [*map(written, example.steps)], "labels": labels}
    return [{**content, "meta": meta_row(example.meta, *example.steps)}]


def write_tokens(example: Steps, way: Way) -> list[Row]:
    """Return ids and labels of a token classifier: the label of a step stands on the last token of its separator.

    Raises:
        CannotSay: where no model is named.

    """
    if way.template is None:
        raise CannotSay("token ids need the model that is to be trained")
    ids, labels = classified(example.question, [*map(written, example.steps)], list(example.good), way.template)
    return [{"input_ids": ids, "labels": labels, "meta": meta_row(example.meta, *example.steps)}]


def classified(
    prompt: str, steps: Sequence[str], labels: Sequence[bool], template: Template
) -> tuple[list[int], list[int]]:
    """Return [T] ids and [T] labels as TRL's PRMTrainer made them up to 1.13: one label a step, else -100."""
    ids = [*template.begin, *template.ids(prompt)]
    marks = [NO_LOSS] * len(ids)
    for step, label in zip(steps, labels, strict=True):
        part = [*template.ids(step), *template.ids(SEPARATOR)]
        ids += part
        marks += [NO_LOSS] * (len(part) - 1) + [int(label)]
    return ids, marks


STEPWISE = Format(
    "stepwise", "Stepwise supervision (TRL)", frozenset({Steps}),
    {"prompt": "the question, plain text", "completions": "[n] the steps", "labels": "[n] whether each is good"},
    "TRL 1.16 documents these columns and has no PRMTrainer: pin trl 1.13 (`trl.experimental.prm`), or export "
    "`stepwise-tokens`.",
    write,
)  # fmt: skip
STEPWISE_TOKENS = Format(
    "stepwise-tokens", "Stepwise supervision: token ids and labels", frozenset({Steps}),
    {"input_ids": "[T] question and steps", "labels": "[T] 1 or 0 on the last token of a step, else -100"},
    "`transformers.Trainer` with `AutoModelForTokenClassification(num_labels=2)`, "
    "`DataCollatorForTokenClassification` and `LoraConfig(task_type=\"TOKEN_CLS\")`, without dropout.",
    write_tokens, needs_template=True,
)  # fmt: skip
