"""Untargeted Self-Refine: answer, critique and rewrite by three general prompts that know nothing of the task."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import Field

from storage.records import Generation
from webapp.engine.protocol import Capability, Prompt
from webapp.methods._common import asked, majority
from webapp.methods._preference import HOW, preferred
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Stop: TypeAlias = Literal["after the rounds", "when the answer stays"]
CostMeasure: TypeAlias = Literal["seconds", "tokens"]

CRITIQUE = "Criticise this response to the request above. List the ways in which it could be better."
REWRITE = "Write the response again, better in every way that the critique names."
CRITICISED = "{question}\n\nResponse:\n{answer}\n\n{critique}"
REWRITTEN = "{question}\n\nResponse:\n{answer}\n\nCritique:\n{critique}\n\n{rewrite}"
ROUNDS = "mean number of rounds of critique and rewriting"
JUDGING = frozenset[Capability]({"choose"})


class UntargetedRefineParams(MethodParams):
    """How often an answer is rewritten, how it is judged, and how models are ranked by what that brings."""

    rounds: int = Field(
        1, ge=1, le=8, title="Rounds", description="Of critique and rewriting. The paper's number is not known to us."
    )
    stop: Stop = Field(
        "after the rounds", title="Stop",
        description="when the answer stays: also after a round that leaves the answer as it was (the text, where "
        "there is no answer to extract). The paper's rule is not known to us; no judgement ever stops it.",
    )  # fmt: skip
    critique_temperature: float | None = Field(
        None, ge=0.0, le=5.0, title="Temperature of critiques",
        description="Empty: that of the answer. The paper's is not known to us.",
    )  # fmt: skip
    rewrite_temperature: float | None = Field(
        None, ge=0.0, le=5.0, title="Temperature of rewriting",
        description="Empty: that of the answer. The paper's is not known to us.",
    )  # fmt: skip
    judged: bool = Field(
        True, title="Judge before and after",
        description="Whether the model says which is better, first or last answer, in both orders. The paper's judge "
        "is GPT-4; this one is shown and decides nothing.",
    )  # fmt: skip
    weight_base: float = Field(
        1.0, ge=0.0, le=10.0, title="Weight of the base",
        description="Cost-adjusted refinement score (ours), over models: z(base) times this,",
    )  # fmt: skip
    weight_gain: float = Field(
        1.0, ge=0.0, le=10.0, title="Weight of the gain", description="plus z(refined - base) times this,"
    )
    weight_cost: float = Field(
        1.0, ge=0.0, le=10.0, title="Weight of the cost", description="minus z(cost) times this."
    )
    cost_measure: CostMeasure = Field("seconds", title="Cost in", description="Of a run, for that score.")

    def demands(self) -> Mapping[str, frozenset[Capability]]:
        """Judging reads the probabilities of letters."""
        return {"Judging before and after": JUDGING} if self.judged else {}


@dataclass(frozen=True, slots=True)
class Round:
    """An answer, the critique of it, and what was written in its place."""

    before: Generation
    critique: Generation
    after: Generation


@method(
    title="Untargeted Self-Refine",
    family="revise",
    paper="2310.07611",
    needs={"generate"},
    faithful="full",
    faithful_note="Three general prompts without worked examples and without criteria of a task, each a chat of its "
    "own, in our wording. Rounds, stop and temperatures are settings of ours, and so is the judge, which is the "
    "model itself instead of GPT-4. The score over models is our own: the formula of the paper's ranking score could "
    "not be found, and nothing here goes by its name.",
    takes_inputs=True,
    cost="n (1 + 2 R) calls for n samples and R rounds, at most as many × longest text new tokens; with the judge "
    "two questions more for each sample, which draw none.",
    reported="Judged by GPT-4, open models of 7 to 65 billion parameters: +8.2 % on average; Vicuna-7B +11.74 % "
    "overall and up to +25.39 % on open-ended tasks of high creativity in Vicuna-bench.",
    unverified="The prompts, the number of rounds, the stop rule, the temperatures and the formula of the paper's "
    "ranking score. The figures are from its abstract.",
)
async def untargeted_refine(run: RunContext, question: Question, p: UntargetedRefineParams) -> Answer:
    """Answer, have the answer criticised in general terms, and write it again with that critique in view.

    The same three prompts serve every task: nothing in them says what to look for, there are no worked examples, and
    no signal from outside. The critic sees the question and the answer, the writer these and the critique, each in a
    fresh chat. Which of the first and the last answer the model prefers is recorded and decides nothing.

    Over stored runs of several models the page ranks these by a score of our own, from accuracy before, gain and
    cost.
    """
    run.doing("Answering")
    drafts = await run.drafts(question)
    run.doing("Criticising and rewriting")
    rounds = await asyncio.gather(*(_refine(run, question, p, draft) for draft in drafts))
    if p.judged:
        run.doing("Judging before and after")
        await asyncio.gather(*(_judge(run, question, done) for done in rounds))
    told = [_told(done) for done in rounds]
    mean = sum(map(len, rounds)) / len(rounds)
    await run.record_score("untargeted_rounds", mean, how=ROUNDS, details={"samples": told})
    return await majority(run, [done[-1].after for done in rounds])


async def _refine(run: RunContext, question: Question, p: UntargetedRefineParams, draft: Generation) -> list[Round]:
    answer, done = draft, list[Round]()
    for number in range(1, p.rounds + 1):
        critique = await run.sample(
            criticising(question, answer.text), role="critique", label=f"critique-{number}", branch=draft.branch,
            round=number, parents=[answer], temperature=p.critique_temperature,
        )  # fmt: skip
        again = await run.sample(
            rewriting(question, answer.text, critique.text), role="revision", label=f"revision-{number}",
            branch=draft.branch, round=number, parents=[answer, critique], temperature=p.rewrite_temperature,
        )  # fmt: skip
        done.append(Round(answer, critique, again))
        if p.stop == "when the answer stays" and await asyncio.to_thread(_stays, run, answer.text, again.text):
            break
        answer = again
    return done


def criticising(question: Question, answer: str) -> Prompt:
    """Return the request for a critique of an answer, whatever the task."""
    request = CRITICISED.format(question=question.stated(), answer=answer.strip(), critique=CRITIQUE)
    return Prompt.user(request)


def rewriting(question: Question, answer: str, critique: str) -> Prompt:
    """Return the request to write an answer again by its critique."""
    request = REWRITTEN.format(
        question=question.stated(), answer=answer.strip(), critique=critique.strip(), rewrite=asked(question, REWRITE)
    )
    return Prompt.user(request)


def _stays(run: RunContext, before: str, after: str) -> bool:
    old, new = run.extract(before), run.extract(after)
    return before.strip() == after.strip() or (old is not None and new is not None and run.same(old, new))


async def _judge(run: RunContext, question: Question, done: Sequence[Round]) -> None:
    first, last = done[0].before, done[-1].after
    value, details = await preferred(run, question, first, last)
    await run.record_score("p_refined_better", value, how=HOW, about=last, details=details | {"first": first.id})


def _told(done: Sequence[Round]) -> dict[str, Any]:
    rounds = [{"before": each.before.id, "critique": each.critique.id, "after": each.after.id} for each in done]
    return {"branch": done[0].before.branch, "rounds": rounds}
