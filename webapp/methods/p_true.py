"""P(True): ask the model whether its own answer is true, and read the probability of that option."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import Field

from storage.records import Generation
from webapp.engine.protocol import OptionProbabilities, Prompt
from webapp.methods._common import branch_above, plain_majority, read_from
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

BASIC = "Question: {question}\nProposed Answer: {answer}\nIs the proposed answer:\n(A) True\n(B) False"
COMPARED = (
    "Question: {question}\nHere are some brainstormed ideas:\n{ideas}\nPossible Answer: {answer}\n"
    "Is the possible answer:\n(A) True\n(B) False"
)
BASIC_PREFIX, COMPARED_PREFIX = "The proposed answer is: (", "The possible answer is: ("
TRUE, FALSE = ("A", " A", "a", "True"), ("B", " B", "b", "False")
HOW = "P(A) / (P(A) + P(B)) of the next token, spellings of an option pooled"
RELIABLE = 0.5  # captured mass below which the ratio says little


class PTrueParams(MethodParams):
    """What the judge is shown beside the answer."""

    samples: int = Field(5, ge=1, le=64, title="Samples", description="Answers that are drawn and judged.")
    ideas: int = Field(
        5, ge=0, le=20, title="Ideas shown",
        description="Samples shown for comparison, the judged one among them (paper: 5). 0 shows the answer alone.",
    )  # fmt: skip
    ideas_temperature: float = Field(
        1.0, ge=0.0, le=5.0, title="Temperature of the ideas",
        description="Other drafts drawn at this temperature serve as ideas; missing ones are drawn (paper: 1).",
    )  # fmt: skip


@method(
    title="P(True)",
    family="judge",
    paper="2207.05221",
    needs={"generate", "choose", "continue"},
    faithful="variant",
    faithful_note="Zero-shot in the model's chat format, with the opening parenthesis begun in the assistant's "
    "message; the paper completes plain text with base models and finds zero-shot values badly calibrated. The "
    "judged draft is drawn at the run's temperature (paper: 1). Marking a value as unreliable where less than half "
    "of the probability fell on the options is our addition.",
    takes_inputs=True,
    cost="n drafts, i ideas and n judgements: 2 n + i calls. With k ideas shown, i = max(0, k − n) where the drafts "
    "have the ideas' temperature, k − 1 where they have not, and 0 where none are shown. At most (n + i) × longest "
    "text new tokens; a judgement draws none, but reads the question with every idea it is shown.",
    reported="The paper's P(True) results are figures without numbers: better with five samples in view than "
    "without, best with 20 examples labelled by correctness. Its table is of P(IK), a trained head: AUROC 0.864 and "
    "Brier score 0.151 on TriviaQA, 0.624 and 0.200 on GSM8K (a model of 52 billion parameters, trained on TriviaQA "
    "alone).",
    unverified="The paper says that it evaluates the probabilities of the two options; dividing one by their sum is "
    "our reading of it. There is no official code to compare with.",
)
async def p_true(run: RunContext, question: Question, p: PTrueParams) -> Answer:
    """Show the model each of its answers, ask whether it is (A) True or (B) False, and read the odds of the two.

    The value is P(A) / (P(A) + P(B)), with spellings of an option counted together. How much probability fell on
    either option at all is shown beside it. With ideas the model sees several of its own samples before it judges,
    duplicates kept, as the paper found better. The draft with the highest value is the run's answer; what the plain
    majority says is noted.

    The paper works with base models and few-shot examples labelled by correctness; its zero-shot values gather near
    one half. Here the judgement is zero-shot in the chat format, so read the values as a ranking.
    """
    run.doing("Drafting")
    drafts = await run.drafts(question)
    pool = await _pool(run, question, p, drafts)
    run.doing("Judging")
    values = await asyncio.gather(*(_judge(run, question, d, _shown(pool, d, p.ideas)) for d in drafts))
    best = drafts[values.index(max(values))]
    return Answer(await asyncio.to_thread(run.extract, best.text), best, note=await plain_majority(run, drafts))


async def _pool(
    run: RunContext, question: Question, p: PTrueParams, drafts: Sequence[Generation]
) -> list[Generation]:
    """Return samples at the ideas' temperature: the drafts if they are, and as many fresh ones as are missing."""
    alike = all(d.sampling.get("temperature") == p.ideas_temperature for d in drafts)
    pool = list(drafts) if alike else []
    missing = range(p.ideas - max(1, len(pool)))
    if missing:
        run.doing("Drawing ideas")
    above = branch_above(drafts)
    # Branches of their own in round 1: ideas are samples too, but no first attempts of this run.
    fresh = await asyncio.gather(*(
        run.sample(
            question.prompt(), role="draft", label="idea", branch=above + i, round=1, temperature=p.ideas_temperature
        )
        for i in missing
    ))  # fmt: skip
    return [*pool, *fresh]


def _shown(pool: Sequence[Generation], draft: Generation, count: int) -> list[Generation]:
    """Return `count` samples with the judged one among them, not always in the same place."""
    if count == 0:
        return []
    others = [other for other in pool if other.id != draft.id][: count - 1]
    place = draft.branch % (len(others) + 1)
    return [*others[:place], draft, *others[place:]]


async def _judge(run: RunContext, question: Question, draft: Generation, ideas: Sequence[Generation]) -> float:
    prompt, prefix = judgement(question, draft.text, [idea.text for idea in ideas])
    chosen = await run.choose(prompt, (TRUE, FALSE), prefix=prefix)
    value = chosen.probabilities[0]
    await run.record_score("p_true", value, how=HOW, about=draft, details=_details(chosen, ideas))
    return value


def judgement(question: Question, answer: str, ideas: Sequence[str]) -> tuple[Prompt, str]:
    """Return what the judge is asked, and how its reply begins; the letter of an option comes next."""
    template, prefix = (COMPARED, COMPARED_PREFIX) if ideas else (BASIC, BASIC_PREFIX)
    listed = "\n".join(f"- {' '.join(idea.split())}" for idea in ideas)
    request = template.format(question=question.stated(), ideas=listed, answer=answer.strip())
    return Prompt.user(request), prefix


def _details(chosen: OptionProbabilities, ideas: Sequence[Generation]) -> dict[str, Any]:
    """Return what the value was computed from: enough to ask again, and to account for what asking cost."""
    return read_from(chosen) | {
        "reliable": chosen.captured >= RELIABLE,
        "format": "with comparison ideas" if ideas else "basic",
        "ideas": len(ideas),
        "shown": [idea.id for idea in ideas],
        "variants": [[list(variant) for variant in option] for option in chosen.variants],
    }
