"""S3c-Math's format: one ordinary answer, searched for steps that it takes back and replaces while it is written."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from pydantic import Field

from storage.records import Generation
from webapp.analysis.reversals import Markers, Reversal, Span, reversals
from webapp.methods._common import majority
from webapp.methods._counterfactual import written_without
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

INVITE = (
    "If you notice while you write that a step is wrong, say so at once, write the step again as it should be, and "
    "go on from there."
)
DOUBTS = "wait; hold on; hmm; actually; let me check; let me double-check; let me re-check; let me reconsider"
TAKES_BACK = (
    "that is wrong; that's wrong; that is not right; that's not right; that is incorrect; that's incorrect; "
    "that can't be right; i made a mistake; i made an error; let me correct; i was wrong; correction"
)
FOUND = "steps that the texts take back and replace; a word of doubt alone is none"
LONGEST = 2000  # characters of a setting


class S3cParams(MethodParams):
    """What a correction is found by, and what is tried without it."""

    invited: bool = Field(
        False, title="Ask for corrections at once",
        description="Whether the question invites the model to correct a wrong step on the spot. A trained model "
        "does it unasked. Has no effect on samples of another run.",
    )  # fmt: skip
    counterfactuals: int = Field(
        3, ge=0, le=16, title="Counterfactuals",
        description="Corrections of each sample, from the first on, without which the answer is written again.",
    )  # fmt: skip
    doubts: str = Field(
        DOUBTS, max_length=LONGEST, title="Words that doubt",
        description="At the beginning of a sentence, parted by semicolons. They count only where the step after them "
        "is the step before with another result. Which words trained models use is not known to us.",
    )  # fmt: skip
    takes_back: str = Field(
        TAKES_BACK, max_length=LONGEST, title="Words that take back",
        description="Anywhere in a sentence, parted by semicolons. They count only where the step after them has "
        "another result than the step before.",
    )  # fmt: skip


@method(
    title="Step corrections (S3c-Math)",
    family="probe",
    paper="2409.01524",
    needs={"generate", "continue"},
    faithful="prompted emulation",
    faithful_note="The paper trains the model to take wrong steps back while it solves; here an untrained one "
    "answers as always, or is invited to, and corrections are found by words. The words, the pairing of steps and "
    "the counterfactual are ours: the text goes on from right before the correction with the likeliest other token, "
    "since the same token would begin the correction again.",
    cost="n answers, and for each up to c continuations without a correction: at most n (1 + c) × longest text new "
    "tokens. Nothing more where no step is taken back.",
    reported="Nothing that could be checked: progress on GSM8K, MATH and others over models trained without such "
    "steps.",
    unverified="The words that mark a correction, and all figures.",
    takes_inputs=True,
)
async def s3c(run: RunContext, question: Question, p: S3cParams) -> Answer:
    """Answer once, and find where the text takes back a step of its own and writes another in its place.

    There is no loop and no request to check. A reversal pairs the step before it with the step after it; it counts
    as a correction only if these state different things, so a mere "wait" does not. Then the text is written again
    from right before the correction, on another way, which shows whether the final answer hangs on it.

    The answer of the run is that of the ordinary text. Any run's samples can be searched, those of a reasoning model
    for instance; a small untrained model rarely corrects itself.
    """
    run.doing("Answering")
    drafts = await run.drafts(replace(question, text=f"{question.text}\n\n{INVITE}") if p.invited else question)
    run.doing("Trying without the corrections")
    markers = Markers(phrases(p.doubts), phrases(p.takes_back))
    samples = await asyncio.gather(*(_searched(run, p, markers, draft) for draft in drafts))
    counted = sum(row["why"] == "corrects" for sample in samples for row in sample["reversals"])
    await run.record_score("spontaneous_corrections", counted, how=FOUND, details={"samples": samples})
    return await majority(run, drafts)


def phrases(setting: str) -> tuple[str, ...]:
    """Return the phrases of a setting that are parted by semicolons or lines."""
    return tuple(part for each in setting.replace("\n", ";").split(";") if (part := " ".join(each.split())))


async def _searched(run: RunContext, p: S3cParams, markers: Markers, draft: Generation) -> dict[str, Any]:
    """Return the reversals of a sample as plain data, the first corrections with what came out without them."""
    found = await asyncio.to_thread(reversals, draft.text, markers)
    tried = [i for i, each in enumerate(found) if each.why == "corrects"][: p.counterfactuals]
    outcomes = await asyncio.gather(
        *(_without(run, p, markers, draft, found[i], number) for number, i in enumerate(tried, start=1))
    )
    without = dict(zip(tried, outcomes, strict=True))
    rows = [_placed(draft.text, each) | without.get(i, {}) for i, each in enumerate(found)]
    return {"branch": draft.branch, "text": draft.id, "reversals": rows}


async def _without(
    run: RunContext, p: S3cParams, markers: Markers, draft: Generation, reversal: Reversal, number: int
) -> dict[str, Any]:
    """Write a sample again from right before a correction, and say what it comes to then."""
    words = reversal.words.start
    text = await written_without(
        run, draft, len(draft.text[:words].encode()), (*markers.doubts, *markers.takes_back),
        label=f"without-{number}", round=number, max_tokens=p.max_tokens,
    )  # fmt: skip
    if isinstance(text, str):
        return {"why_not": text}
    later = await asyncio.to_thread(reversals, text.text, markers)
    again = any(each.why == "corrects" and each.words.start >= words for each in later)
    answer, other = [await asyncio.to_thread(run.extract, each.text) for each in (draft, text)]
    changed = await asyncio.to_thread(_differ, run, answer, other)
    return {"without": text.id, "answer": other, "changed": changed, "again": again}


def _differ(run: RunContext, a: str | None, b: str | None) -> bool:
    return a != b and (a is None or b is None or not run.same(a, b))


def _placed(text: str, reversal: Reversal) -> dict[str, Any]:
    stretches = {"before": reversal.before, "words": reversal.words, "after": reversal.after}
    return {"why": reversal.why, **{name: _bytes(text, span) for name, span in stretches.items()}}


def _bytes(text: str, span: Span | None) -> list[int] | None:
    """Return a stretch of a text in UTF-8 bytes."""
    return None if span is None else [len(text[:at].encode()) for at in span]
