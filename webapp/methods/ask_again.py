"""The second turn of the confidence/critique decomposition: the question asked again after its own answer."""

from __future__ import annotations

import asyncio
from typing import Literal, TypeAlias

from pydantic import Field

from storage.records import Generation
from webapp.methods._common import majority
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Style: TypeAlias = Literal["re-ask", "confidence", "critique"]

CONFIDENCE = (
    "You know this subject, and you gave your answer for good reasons. "
    "Trust it: stay with it unless you are certain that it is wrong. The question was:"
)
CRITIQUE = (
    "Be critical of your answer. Look for mistakes in its facts, its reasoning and its calculations, "
    "and give a different answer if you find one. The question was:"
)
LEAD: dict[str, str] = {"re-ask": "", "confidence": CONFIDENCE, "critique": CRITIQUE}


class AskAgainParams(MethodParams):
    """In which spirit the question is asked again."""

    style: Style = Field(
        "re-ask",
        title="Second turn",
        description="re-ask: the same question, word for word. confidence: encourages to keep the answer. "
        "critique: asks to look for mistakes.",
    )


@method(
    title="Ask again",
    family="revise",
    paper="2412.19513",
    needs={"generate"},
    faithful="full",
    faithful_note="The re-ask turn is as in the authors' code; the wording of the confidence and critique styles is "
    "ours, after the paper's description of their intent.",
    takes_inputs=True,
    cost="n first and n second answers: 2 n calls, at most 2 n × longest text new tokens. The second prompt holds "
    "the question twice and the first answer.",
    reported="From summaries of the paper, not its tables: most models keep about 90 % of their right answers and "
    "often repair only 1 to 20 % of their wrong ones. Llama-3-8B-Instruct and GLM4-9B keep less and repair more, "
    "Deepseek-7B-Chat and Mistral-7B-Instruct the other way round. On GSM8K the relative score of GPT-3.5-Turbo is "
    "above that of GPT-4-Turbo, which loses by correcting.",
    unverified="The tables for each model: the authors' code comes without its logs.",
)
async def ask_again(run: RunContext, question: Question, p: AskAgainParams) -> Answer:
    """Answer, then be asked the same question once more in the same conversation, and see whether the answer holds.

    Three styles of asking: the bare question again, an encouragement to trust the answer, or a call to criticise it.
    Every sample gets one second answer. How many right answers survive (confidence) and how many wrong ones are
    repaired (critique) can then be told apart, over the samples of a run or over many problems.

    The paper measures both over ten pairs of answers a question, or exactly from option probabilities where there
    are options. Here as many pairs are drawn as there are samples. No critique is written down in any style.
    """

    async def again(draft: Generation) -> Generation:
        first = question.prompt()
        repeated = "\n\n".join(part for part in (LEAD[p.style], first.messages[-1].content) if part)
        return await run.sample(
            first.then(draft.text, repeated),
            role="revision", label="revision-1", branch=draft.branch, round=1, parents=[draft],
        )  # fmt: skip

    run.doing("Drafting")
    drafts = await run.drafts(question)
    run.doing("Asking again")
    return await majority(run, await asyncio.gather(*(again(draft) for draft in drafts)))
