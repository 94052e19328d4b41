"""Unpaired preferences for TRL's KTOTrainer: prompt, completion, label."""

from __future__ import annotations

from webapp.export.training.examples import Graded, Messages, Meta, Pair, Pieces
from webapp.export.training.formats.format import CannotSay, Format, Row, Way, meta_row
from webapp.export.training.formats.preference import require_whole
from webapp.export.training.formats.prompt_completion import COMPLETION, PROMPT, prompt_of, reply_of


def write(example: Graded | Pair, way: Way) -> list[Row]:
    """Return a row for a graded reply, two for a pair.

    Raises:
        CannotSay: for a part that must carry no loss, and for a pair that begins within a reply.

    """
    if isinstance(example, Graded):
        return [_row(example.meta, example.prompt, example.reply, example.good, way)]
    if example.begun or not example.ends:
        raise CannotSay("the pair begins within a reply, which unpaired replies cannot say")
    return [
        _row(example.meta, example.prompt, reply, good, way)
        for reply, good in ((example.chosen, True), (example.rejected, False))
    ]


def _row(meta: Meta, prompt: Messages, reply: Pieces, good: bool, way: Way) -> Row:
    require_whole(reply)
    content = {"prompt": prompt_of(prompt, way), "completion": reply_of(reply, way), "label": good}
    return {**content, "meta": meta_row(meta, reply)}


KTO = Format(
    "kto", "KTO: replies with a label (TRL)", frozenset({Graded, Pair}),
    {"prompt": PROMPT, "completion": COMPLETION, "label": "true for a good reply, false for a bad one"},
    "`KTOTrainer`; weigh the two kinds with `desirable_weight` and `undesirable_weight` if they are not balanced.",
    write,
)  # fmt: skip
