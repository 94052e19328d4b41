"""What no row may be made of: what the settings exclude, and prompts in which the reference answer stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from webapp.export.training.examples import (
    Example,
    Graded,
    Made,
    Messages,
    Online,
    Pair,
    Pieces,
    Refusal,
    Reply,
    Steps,
    written,
)
from webapp.export.training.leaks import leaks
from webapp.export.training.material import Case
from webapp.export.training.settings import Handling, TrainingSettings

INSERTED, TOOL, PERSON = ("injected", "soft", "imagined"), ("tool",), ("person",)
WORDS = {"inserted": "inserted by the method", "tool": "written by a tool", "person": "written by a person"}


def checked(example: Example, case: Case, settings: TrainingSettings, *, masks: bool) -> Made:
    """Return an example as the settings want it, or why it may not be.

    Args:
        example: what a builder made.
        case: what it was made of.
        settings: what is excluded, and what is masked.
        masks: whether the format can say that a stretch carries no loss.

    """
    if example.meta.oracle and settings.oracle == "drop":
        return Refusal("the method looked at the reference answer")
    if leaks(example.prompt, case, example.meta.texts):
        return Refusal("the reference answer stands in the prompt")
    if not _asks(example.prompt):
        return Refusal("the prompt does not end in a turn of the user")
    if isinstance(example, Pair) and (reason := _too_unequal(example, settings.length_ratio)):
        return Refusal(reason)
    return _handled(example, settings, masks)


def _asks(prompt: Messages) -> bool:
    roles = [role for role, _ in prompt]
    return bool(roles) and roles[-1] == "user" and set(roles) <= {"system", "user", "assistant"}


def _too_unequal(pair: Pair, most: float) -> str | None:
    longer, shorter = sorted((len(written(pair.chosen)), len(written(pair.rejected))), reverse=True)
    return "one side is longer than the length ratio allows" if most and longer > most * shorter else None


def _handled(example: Example, settings: TrainingSettings, masks: bool) -> Made:
    for name, origins in (("inserted", INSERTED), ("tool", TOOL), ("person", PERSON)):
        handling: Handling = getattr(settings, name)
        if handling == "keep" or not any(_foreign(reply, origins) for reply in _replies(example)):
            continue
        if handling == "drop":
            return Refusal(f"a part is {WORDS[name]}")
        if isinstance(example, Steps):
            continue  # what is learnt of steps are their labels, not their words
        if not masks or not isinstance(example, Reply):
            return Refusal(f"a part is {WORDS[name]}, which this format cannot mask")
        example = replace(example, reply=_masked(example.reply, origins))
    return example


def _replies(example: Example) -> tuple[Pieces, ...]:
    match example:
        case Reply(reply=reply) | Graded(reply=reply):
            return (reply,)
        case Pair(chosen=chosen, rejected=rejected):
            return chosen, rejected
        case Steps(steps=steps):
            return steps
        case Online():
            return ()


def _foreign(reply: Pieces, origins: Sequence[str]) -> bool:
    """Say whether a stretch of such an origin carries loss; what the builder itself put in does not count."""
    return any(piece.origin in origins and piece.trained and not piece.joined for piece in reply)


def _masked(reply: Pieces, origins: Sequence[str]) -> Pieces:
    return tuple(
        replace(piece, trained=False) if piece.origin in origins and not piece.joined else piece for piece in reply
    )
