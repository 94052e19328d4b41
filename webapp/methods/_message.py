"""One message drawn in stretches: what stands before a marker is a text of its own, graded like any other.

All stretches of a message have one label, and noise is keyed by label and token index: together they are the message
that a single call would have drawn. Nothing is put between them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from storage.records import Generation, Role
from webapp.analysis.vote import vote
from webapp.engine.protocol import Prompt
from webapp.methods._common import decided
from webapp.methods._continuing import written
from webapp.methods.interface import Answer, MethodParams, RunContext

LABEL = "draft"


async def begun(run: RunContext, prompt: Prompt, p: MethodParams, until: Sequence[str]) -> list[Generation]:
    """Begin a message for each sample; what it says before the first marker is its first attempt."""
    return await run.sample_many(prompt, p.samples, role="draft", label=LABEL, stop=until)


async def gone_on(
    run: RunContext,
    said: Generation,
    p: MethodParams,
    *,
    after: Sequence[str],
    role: Role,
    round: int,
    until: Sequence[str] = (),
    parents: Sequence[Generation] = (),
) -> Generation | None:
    """Let a message go on `after` the marker at which it stopped, `until` the next one.

    None where it did not stop at a marker, or has all the tokens that a message may have.
    """
    ids = written(run, said)
    if not stopped_at(run, said, after) or len(ids) >= p.max_tokens:
        return None
    return await run.continue_from(
        said, ids, role=role, label=LABEL, branch=said.branch, round=round, parents=parents,
        max_tokens=p.max_tokens - len(ids), stop=until,
    )  # fmt: skip


def stopped_at(run: RunContext, said: Generation, markers: Sequence[str]) -> bool:
    """Say whether a text ended at one of these; models without a chat template have stop strings of their own."""
    rest = run.trace(said).text()[0][len(said.text) :] if said.finish_reason == "stop" else ""
    return rest.startswith(tuple(markers))


async def answer_in(run: RunContext, part: str) -> str | None:
    """Return the answer of a part of a message that is there for nothing else: a bare letter or number will do."""
    return await asyncio.to_thread(lambda: run.extract(part) or run.extract(f"Answer: {part.strip()}"))


async def voted(run: RunContext, texts: Sequence[Generation], answers: Mapping[int, str | None]) -> Answer:
    """Return what the messages conclude: the only answer, or the vote of those that `answers` gives by branch."""
    votes = await asyncio.to_thread(vote, answers, run.same)
    return decided(texts, answers, votes)
