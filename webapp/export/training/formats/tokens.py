"""Token ids and labels for SFTTrainer, the one form in which it can be told what carries no loss."""

from __future__ import annotations

from itertools import groupby

from webapp.export.training.examples import Reply
from webapp.export.training.formats.format import CannotSay, Format, Row, Way, meta_row

NO_LOSS = -100


def write(example: Reply, way: Way) -> list[Row]:
    """Return the ids of prompt and reply, and labels that are -100 where there is no loss.

    Trained and untrained stretches are tokenised apart, so the trained tokens spell exactly the trained text.

    Raises:
        CannotSay: where no model is named, and where nothing would be trained.

    """
    if way.template is None:
        raise CannotSay("token ids need the model that is to be trained")
    prompt = way.template.prompt(example.prompt)
    ids, labels = list(prompt), [NO_LOSS] * len(prompt)
    for trained, pieces in groupby(example.reply, key=lambda piece: piece.trained):
        part = way.template.ids("".join(piece.text for piece in pieces))
        ids += part
        labels += part if trained else [NO_LOSS] * len(part)
    if example.ends:
        ids += way.template.end
        labels += way.template.end
    if all(label == NO_LOSS for label in labels):
        raise CannotSay("nothing of the row would be trained")
    return [{"input_ids": ids, "labels": labels, **example.extra, "meta": meta_row(example.meta, example.reply)}]


SFT_TOKENS = Format(
    "sft-tokens", "SFT: token ids and labels (TRL)", frozenset({Reply}),
    {"input_ids": "[T] token ids of prompt and reply", "labels": "[T] the same ids, -100 where there is no loss"},
    "`SFTTrainer` takes the columns as they are; rows longer than `max_length` are cut. Only for the model whose "
    "tokenizer made them.",
    write, needs_template=True, masks=True,
)  # fmt: skip
