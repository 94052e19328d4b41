"""Self-check: criticise every sample, drop those judged incorrect, vote on the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict
from typing import Any, Literal, TypeAlias

from pydantic import Field

from storage.records import Generation, Vote
from webapp.analysis.agreement import certainty
from webapp.engine.protocol import Prompt
from webapp.methods._common import Example, few_shot, majority, tallied
from webapp.methods._verdicts import verdict
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Unreadable: TypeAlias = Literal["keep", "drop"]

CHECK = (
    "Check this answer step by step: say of every step whether it holds and why. "
    "Then end with a line of its own, either 'Verdict: correct' or 'Verdict: incorrect'."
)
CHECKED = "Question: {question}\n\nProposed answer:\n{answer}\n\n{check}"

# Two worked examples of our own, one verdict each, so that neither is the habit.
WRONG = CHECKED.format(
    question="Tom has 3 boxes of 6 pencils and gives 4 pencils away. How many pencils are left?",
    answer="He has 3 + 6 = 9 pencils. 9 - 4 = 5.\nAnswer: 5", check=CHECK,
)  # fmt: skip
WRONG_CHECK = (
    "The first step adds boxes to pencils; 3 boxes of 6 pencils are 3 * 6 = 18 pencils, not 9. The second step "
    "subtracts from that wrong number; 18 - 4 = 14.\nVerdict: incorrect"
)
RIGHT = CHECKED.format(
    question="Which is heavier, 1 kg of iron or 2 kg of wool?", answer="2 kg is more than 1 kg.\nAnswer: wool",
    check=CHECK,
)  # fmt: skip
RIGHT_CHECK = "Weights are compared, and 2 kg is indeed more than 1 kg. The 2 kg are the wool.\nVerdict: correct"
EXAMPLES: tuple[Example, ...] = ((WRONG, WRONG_CHECK), (RIGHT, RIGHT_CHECK))

PASSED = "1: the critique's verdict is correct, 0: incorrect; unknown where no verdict can be read"
SHARE = "share of the samples that vote after the check"


class SelfCheckParams(MethodParams):
    """How many samples are checked, and what becomes of a critique without a verdict."""

    samples: int = Field(5, ge=1, le=64, title="Samples", description="Answers that are drawn, checked and vote.")
    unreadable: Unreadable = Field(
        "keep", title="No verdict",
        description="Whether a sample still votes when its critique states no verdict. The paper's rule is not known "
        "to us.",
    )  # fmt: skip


@method(
    title="Self-check",
    family="judge",
    paper="2310.04815",
    needs={"generate"},
    faithful="variant",
    faithful_note="The paper names the baseline (samples, self-critique, a vote on those not judged incorrect); its "
    "details are not known to us. Two worked critiques of our own come first. Every sample is checked, whatever the "
    "certainty of the vote, and what happens to a critique without a verdict is a setting of ours.",
    cost="2 n calls: n answers and a critique of each.",
    reported="Critique emerges with scale, self-critique is hard even for the best models and worst where a question "
    "is uncertain; self-check improves on a plain vote.",
    unverified="The figures, the few-shot prompts, the paper's formula of certainty and, from memory, its tasks: "
    "GSM8K, HumanEval and TruthfulQA. Also from memory: that all samples vote where the check leaves none.",
    takes_inputs=True,
)
async def self_check(run: RunContext, question: Question, p: SelfCheckParams) -> Answer:
    """Criticise every sample in a conversation of its own, drop those found incorrect, and vote on what is left.

    A critique goes through the steps and ends with a verdict in words; that verdict decides, not its probability,
    and no reference answer. If no sample with an answer is left, all of them vote. The vote before and after is
    kept, with how certain it was before: top share, margin and entropy, each under its own name.

    The paper finds critique hardest exactly where the samples agree least, so small models drop right answers too.
    """
    run.doing("Drafting")
    drafts = await run.drafts(question)
    run.doing("Checking")
    critiques = await asyncio.gather(*(_critique(run, question, draft) for draft in drafts))
    verdicts = [verdict(critique.text) for critique in critiques]
    for draft, critique, found in zip(drafts, critiques, verdicts, strict=True):
        value = None if found is None else float(found)
        await run.record_score("check_passed", value, how=PASSED, about=draft, details={"critique": critique.id})
    passing = [draft for draft, found in zip(drafts, verdicts, strict=True) if _passes(found, p.unreadable)]
    return await _concluded(run, drafts, passing)


async def _critique(run: RunContext, question: Question, draft: Generation) -> Generation:
    return await run.sample(
        checking(question, draft.text), role="critique", label="check", branch=draft.branch, round=1, parents=[draft]
    )


def checking(question: Question, answer: str) -> Prompt:
    """Return the request for a critique with a verdict, after worked examples; it quotes the answer."""
    return few_shot(EXAMPLES, CHECKED.format(question=question.stated(), answer=answer.strip(), check=CHECK))


def _passes(found: bool | None, unreadable: Unreadable) -> bool:
    return found if found is not None else unreadable == "keep"


async def _concluded(run: RunContext, drafts: Sequence[Generation], passing: Sequence[Generation]) -> Answer:
    """Return the vote of the passing samples, or of all where none of those states an answer."""
    answers, before = await tallied(run, drafts)
    left = any(answers[draft.branch] is not None for draft in passing)
    voting = passing if left else drafts
    answer = await majority(run, voting)
    told = _told(before, {draft.branch for draft in voting})
    await run.record_score("check_kept", len(voting) / len(drafts), how=SHARE, details=told)
    checked = f"{len(passing)} of {len(drafts)} samples passed the check."
    fallback = "" if left else "None that passed states an answer, so all samples vote."
    plain = f"Without the check: {before[0].answer}." if before and len(drafts) > 1 else ""
    note = " ".join(part for part in (checked, fallback, answer.note, plain) if part)
    return Answer(answer.value, answer.chosen, answer.votes, note)


def _told(before: Sequence[Vote], voting: Set[int]) -> Mapping[str, Any]:
    """Return the vote before the check and after it as plain data, and how certain it was before."""
    counts = [len(vote.branches) for vote in before]
    after = [(vote.answer, [branch for branch in vote.branches if branch in voting]) for vote in before]
    return {
        "before": [{"answer": vote.answer, "branches": list(vote.branches)} for vote in before],
        "after": [{"answer": answer, "branches": branches} for answer, branches in after if branches],
        "certainty": asdict(certainty(counts)) if counts else None,
    }
