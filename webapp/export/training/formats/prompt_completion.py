"""Prompt and completion for TRL's SFTTrainer, whose loss is on the completion alone."""

from __future__ import annotations

from webapp.export.training.examples import Messages, Pieces, Reply, written
from webapp.export.training.formats.format import CannotSay, Format, Row, Way, meta_row
from webapp.export.training.template import plainly

PROMPT = "what the model is given: messages, or a string"
COMPLETION = "what it is to say: [{role, content}], or a string"


def write(example: Reply, way: Way) -> list[Row]:
    """Return a row whose whole completion is trained.

    Raises:
        CannotSay: where a part of it must carry no loss, or where it is no whole reply.

    """
    if not all(piece.trained for piece in example.reply):
        raise CannotSay("a part of the reply carries no loss, which these columns cannot say")
    if not example.ends:
        raise CannotSay("the reply is only a beginning, and the trainer would end it")
    return [_row(example, way)]


def write_spans(example: Reply, way: Way) -> list[Row]:
    """Return a row with the characters of its completion that must carry no loss."""
    return [{**_row(example, way), "untrained": untrained(example.reply), "append_eos": example.ends}]


def prompt_of(messages: Messages, way: Way) -> object:
    """Return a prompt in the style asked for."""
    if way.style == "conversational":
        return [{"role": role, "content": content} for role, content in messages]
    return plainly(messages) if way.template is None else way.template.string(messages)


def reply_of(pieces: Pieces, way: Way) -> object:
    """Return a reply in the style asked for."""
    text = written(pieces)
    return [{"role": "assistant", "content": text}] if way.style == "conversational" else text


def untrained(pieces: Pieces) -> list[list[int]]:
    """Return [start, end) of the characters of a reply without loss, neighbouring stretches as one."""
    found: list[list[int]] = []
    at = 0
    for piece in pieces:
        end = at + len(piece.text)
        if not piece.trained and found and found[-1][1] == at:
            found[-1][1] = end
        elif not piece.trained and end > at:
            found.append([at, end])
        at = end
    return found


def _row(example: Reply, way: Way) -> Row:
    content = {"prompt": prompt_of(example.prompt, way), "completion": reply_of(example.reply, way)}
    return {**content, **example.extra, "meta": meta_row(example.meta, example.reply)}


SFT = Format(
    "sft", "SFT: prompt and completion (TRL)", frozenset({Reply}), {"prompt": PROMPT, "completion": COMPLETION},
    "`SFTTrainer`; the loss is on the completion by itself. Do not set `assistant_only_loss`: it would train on "
    "earlier answers in the prompt.",
    write,
)  # fmt: skip
SFT_SPANS = Format(
    "sft-spans", "SFT with untrained character spans", frozenset({Reply}),
    {
        "prompt": PROMPT, "completion": COMPLETION,
        "untrained": "[[start, end), ...] characters of the completion that must carry no loss",
        "append_eos": "whether the completion is followed by its end",
    },
    "No trainer of TRL reads `untrained`: SFTTrainer would train on what is masked. Tokenise it yourself, or export "
    "`sft-tokens` for the model that is to be trained.",
    write_spans, masks=True,
)  # fmt: skip
