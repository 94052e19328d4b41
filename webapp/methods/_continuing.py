"""Going on inside a text that the model has written."""

from __future__ import annotations

from storage.records import Generation
from webapp.methods.interface import RunContext


def written(run: RunContext, text: Generation) -> list[int]:
    """Return the token ids of a text without those that end it: what is put after them stands in the same message."""
    trace = run.trace(text)
    ids: list[int] = trace.ids.tolist()
    while ids and ids[-1] in trace.special:
        ids.pop()
    return ids


async def insisted(run: RunContext, text: Generation, words: str, *, label: str, max_tokens: int) -> Generation:
    """Put words at the end of a text, as injected ones, and have the model go on from there."""
    return await run.continue_from(
        text, [*written(run, text), *run.tokenize(words)], role=text.role, label=label, branch=text.branch,
        round=text.round, max_tokens=max_tokens,
    )  # fmt: skip
