"""Iterative deepening (ID-sampling): a sentence of doubt put into the answer at budgets that grow geometrically."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Self, TypeAlias

from pydantic import Field, model_validator

from storage.records import Generation
from webapp.analysis.deepening import Counts, Schedule
from webapp.methods._common import majority, plain_majority
from webapp.methods._continuing import written
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

EarlyEnd: TypeAlias = Literal["ends the sample", "gets a trigger"]

TRIGGER = "\n\nWait, I may have made a mistake. Let me check this again.\n\n"
FIRST, GROWTH, LONGEST = 64, 2.0, 400
PREDICTED = Schedule(FIRST, GROWTH, LONGEST).triggers(0)
LABEL = "deepening"  # of everything that is drawn after a trigger
CHANGED = "share of the triggers put after a text that stated an answer, after which it stated another or none"


class IterativeDeepeningParams(MethodParams):
    """Where the triggers come and what they say; none of these values is the paper's, which are not known to us."""

    samples: int = Field(3, ge=1, le=64, title="Samples", description="Texts that vote in the end (not the paper's).")
    max_tokens: int = Field(
        LONGEST, ge=1, le=32_768, title="Longest text",
        description="Tokens that a text may have, its triggers included (not the paper's).",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip
    first_boundary: int = Field(
        FIRST, ge=1, le=32_768, title="First trigger after",
        description="Where the first trigger is put (not the paper's; 256 suits models that reason at length).",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip
    growth: float = Field(
        GROWTH, ge=1.0, le=1000.0, title="Growth",
        description="What each boundary is multiplied by (not the paper's). Predicted number of triggers in a text "
        "that does not end before: log(longest text / first trigger) / log(growth), rounded up; with the defaults "
        f"{len(PREDICTED)}, after {', '.join(map(str, PREDICTED))} tokens. Large values give plain sampling.",
    )  # fmt: skip
    trigger: str = Field(
        TRIGGER, min_length=1, max_length=2000, title="Trigger",
        description="What is put into the text. The sentence is ours; the paper's intent is doubt and another look.",
    )  # fmt: skip
    counts: Counts = Field(
        "the whole text", title="Boundaries count",
        description="The whole text with its triggers, or the stretch since the last trigger (not known which).",
    )  # fmt: skip
    early_end: EarlyEnd = Field(
        "ends the sample", title="An end before a boundary",
        description="Whether a text that the model ends is complete, or gets its trigger there (not known which).",
    )  # fmt: skip

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.growth == 1 and self.counts == "the whole text":
            raise ValueError("With a growth of 1 the boundaries must count the next stretch, or there is only one")
        if not self.trigger.strip():
            raise ValueError("The trigger is empty")
        return self


class Trigger(NamedTuple):
    """A trigger: the tokens before it, and the answers that the text stated then and before the next one."""

    at: int
    before: str | None
    after: str | None


@dataclass(slots=True)
class Deepened:
    """One sample: its draft, its last text, and the triggers in it."""

    draft: Generation
    text: Generation
    triggers: list[Trigger] = field(default_factory=list)


@method(
    title="Iterative deepening",
    family="decode",
    paper="2502.05449",
    needs={"generate", "continue"},
    faithful="variant",
    faithful_note="The geometric schedule and the trigger inside the same message are the paper's; there is no new "
    "turn, and nothing happens when the model wants to stop unless the setting says so. All else is a setting. "
    "Samples are combined by majority; the paper's best of n by a reward model is not offered. Each sample begins "
    "with the first tokens of a plain draft, which is finished without triggers as its first attempt.",
    takes_inputs=True,
    cost="n drafts of at most L tokens, and for each one call a trigger, which draws on up to the next boundary: "
    "without the rest of the drafts at most n L new tokens. Triggers are not generated. At every trigger the "
    "question and the text so far are read again: of the texts at most n L γ / (γ - 1) prompt tokens.",
    reported="MATH-500 and AIME, with DeepSeek-R1-Distill-Qwen-7B and Qwen3-8B among others: gains for best of n and "
    "for majority votes, larger for reasoning models. The numbers could not be obtained.",
    unverified="First boundary, growth, wording of the trigger, number of samples, temperature, whether boundaries "
    "count the whole text or the next stretch, and what an early end does: all are settings of ours.",
)
async def iterative_deepening(run: RunContext, question: Question, p: IterativeDeepeningParams) -> Answer:
    """Put a sentence of doubt into the answer at a boundary, let the model go on to the next one, and so on.

    The boundaries grow geometrically: early checks come often, later ones rarely, as in iterative deepening search.
    The trigger stands inside the same message and is marked as inserted wherever the text is shown or exported. A
    trigger after which no token could follow is not put in.

    Before every trigger the provisional answer is what the grader reads in the text so far: nothing is asked, so an
    unfinished text may state none, or a number of its reasoning. Whether the trigger changed it is kept. Every
    stretch is kept as a text of its own, with all that stands before it. The samples vote in the end.
    """
    run.doing("Drafting")
    drafts = await run.drafts(question)
    run.doing("Deepening")
    samples = await asyncio.gather(*(_deepen(run, p, draft) for draft in drafts))
    answer = await majority(run, [sample.text for sample in samples])
    await _record(run, p, samples)
    put = sum(len(sample.triggers) for sample in samples)
    notes = (answer.note, f"{put} triggers were put into {len(samples)} texts.", await plain_majority(run, drafts))
    return Answer(answer.value, answer.chosen, answer.votes, " ".join(filter(None, notes)))


async def _deepen(run: RunContext, p: IterativeDeepeningParams, draft: Generation) -> Deepened:
    """Cut a draft at the first boundary and go on from trigger to trigger, inside the same message."""
    trigger = run.tokenize(p.trigger)
    schedule = Schedule(p.first_boundary, p.growth, p.max_tokens, p.counts)
    sample, boundary = Deepened(draft, draft), schedule.start()
    whole = written(run, draft)
    ids, ended = whole[: boundary.until], len(whole) < boundary.until
    stated = await _stated(run, draft, len(ids))
    while len(ids) + len(trigger) < p.max_tokens and not _complete(p, sample.text, ended):
        at, ids = len(ids), [*ids, *trigger]
        boundary = schedule.after(boundary, len(ids))
        sample.text = await run.continue_from(
            sample.text, ids, role="revision", label=LABEL, branch=draft.branch, round=len(sample.triggers) + 1,
            max_tokens=schedule.end(boundary, len(trigger)) - len(ids), own=at,
        )  # fmt: skip
        ids, ended = written(run, sample.text), sample.text.finish_reason != "length"
        before, stated = stated, await _stated(run, sample.text, len(ids))
        sample.triggers.append(Trigger(at, before, stated))
    return sample


def _complete(p: IterativeDeepeningParams, text: Generation, ended: bool) -> bool:
    """Say whether a text that has ended before its boundary is left as it is."""
    return ended and (p.early_end == "ends the sample" or text.finish_reason == "stop")


async def _stated(run: RunContext, text: Generation, tokens: int) -> str | None:
    """Return the answer that the first tokens of a text state."""
    begun, _ = run.trace(text).slice(0, tokens).text()
    return await asyncio.to_thread(run.extract, begun)


async def _record(run: RunContext, p: IterativeDeepeningParams, samples: Sequence[Deepened]) -> None:
    told = [await asyncio.to_thread(_told, run, sample) for sample in samples]
    changed = [each["changed"] for sample in told for each in sample["triggers"] if each["before"] is not None]
    await run.record_score(
        "answers_changed", sum(changed) / len(changed) if changed else None, how=CHANGED,
        details={"samples": told, "trigger": len(run.tokenize(p.trigger)), "spare": _spare(samples)},
    )  # fmt: skip


def _told(run: RunContext, sample: Deepened) -> dict[str, Any]:
    def changed(trigger: Trigger) -> bool:
        if trigger.before is None or trigger.after is None:
            return trigger.before is not trigger.after
        return not run.same(trigger.before, trigger.after)

    return {
        "branch": sample.text.branch, "tokens": len(written(run, sample.text)),
        "triggers": [{**each._asdict(), "changed": changed(each)} for each in sample.triggers],
    }  # fmt: skip


def _spare(samples: Sequence[Deepened]) -> int:
    """Return how many tokens were drawn for drafts that are in no sample; those of another run cost nothing here."""
    cut = [each for each in samples if each.triggers]
    return sum(max(0, each.draft.cost.generated_tokens - each.triggers[0].at) for each in cut)
