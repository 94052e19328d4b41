"""What a text comes to without a stretch of it: written again from right before, by another token."""

from __future__ import annotations

from collections.abc import Sequence

from storage.records import Generation
from storage.trace import TokenTrace
from webapp.methods.interface import CannotGoOn, RunContext

UNKNOWN_TOKENS = "the tokens of the text are not known"
NO_OTHER = "no other token is known there"
NO_ROOM = "no tokens are left"


async def written_without(
    run: RunContext, text: Generation, start: int, avoided: Sequence[str], *, label: str, round: int, max_tokens: int
) -> Generation | str:
    """Continue a text from before the UTF-8 byte `start`, or return why that cannot be done.

    Noise is keyed by place, and a greedy text has but one way to go on, so what stood there would come again: instead
    of its first token comes the likeliest other one that begins none of the `avoided` phrases.
    """
    if text.summary is None:  # it was taken over without its trace
        return UNKNOWN_TOKENS
    trace = run.trace(text)
    kept = sum(end <= start for end in trace.offsets()[1:])
    other = _other_token(trace, kept, avoided)
    if other is None:
        return NO_OTHER
    if kept + 1 >= max_tokens:
        return NO_ROOM
    try:
        return await run.continue_from(
            text, [*trace.ids.tolist()[:kept], other], role="draft", label=label, branch=text.branch, round=round,
            max_tokens=max_tokens - kept - 1,
        )  # fmt: skip
    except CannotGoOn as refusal:  # another model wrote it
        return str(refusal)


def _other_token(trace: TokenTrace, at: int, avoided: Sequence[str]) -> int | None:
    """Return the likeliest known token there but the one that stands there; none that ends the text or is a space."""
    likely: list[int] = [] if trace.top_ids is None else trace.top_ids[at].tolist()
    others = (token for token in likely if token != int(trace.ids[at]) and token not in trace.special)
    return next((token for token in others if _begins_anew(trace.pieces.get(token, b""), avoided)), None)


def _begins_anew(piece: bytes, avoided: Sequence[str]) -> bool:
    spelt = piece.decode(errors="replace").strip().casefold()
    return bool(spelt) and not any(phrase.casefold().startswith(spelt) for phrase in avoided)
