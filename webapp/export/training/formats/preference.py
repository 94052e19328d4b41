"""Preferences for TRL's DPOTrainer and RewardTrainer: prompt, chosen, rejected."""

from __future__ import annotations

from webapp.export.training.examples import Pair, Pieces
from webapp.export.training.formats.format import CannotSay, Format, Row, Way, meta_row
from webapp.export.training.formats.prompt_completion import PROMPT, prompt_of, reply_of

REPLY = "[{role: assistant, content}], or a string"
COLUMNS = {"prompt": PROMPT, "chosen": REPLY, "rejected": REPLY}


def write(example: Pair, way: Way) -> list[Row]:
    """Return a row of two replies to one prompt; what both begin with stands at the end of a string prompt.

    Raises:
        CannotSay: for replies of which a part must carry no loss, and for messages that begin within a reply.

    """
    require_whole(example.chosen, example.rejected)
    prompt = prompt_of(example.prompt, way)
    if example.begun or not example.ends:
        if not isinstance(prompt, str):
            raise CannotSay("the pair begins within a reply, which messages cannot say; use the standard style")
        prompt += example.begun
    content = {"prompt": prompt, "chosen": reply_of(example.chosen, way), "rejected": reply_of(example.rejected, way)}
    return [{**content, **example.extra, "append_eos": example.ends, "meta": _meta(example)}]


def require_whole(*replies: Pieces) -> None:
    """Refuse replies of which a part must carry no loss.

    Raises:
        CannotSay: with the reason.

    """
    if not all(piece.trained for reply in replies for piece in reply):
        raise CannotSay("a part of a reply carries no loss, which a preference cannot say")


def _meta(example: Pair) -> Row:
    return meta_row(example.meta, example.chosen, example.rejected)


DPO = Format(
    "dpo", "DPO: preferences (TRL)", frozenset({Pair}), COLUMNS,
    "`DPOTrainer`. TRL ends both replies with the end-of-text: where `append_eos` is false drop it from `chosen_ids` "
    "and `rejected_ids` in a subclass's `_prepare_dataset`.",
    write,
)  # fmt: skip
REWARD = Format(
    "reward", "Reward model: preferences (TRL)", frozenset({Pair}), COLUMNS,
    "`RewardTrainer`; loss -log sigmoid(r(chosen) - r(rejected)). A column `margin` is read if you add one. TRL ends "
    "both replies with the end-of-text, also where `append_eos` is false.",
    write,
)  # fmt: skip
