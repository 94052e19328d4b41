"""The inference format of SCoRe: one answer, one turn to correct it."""

from __future__ import annotations

from storage.records import Generation
from webapp.methods._common import asked, each_corrected
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

CORRECT = (
    "The solution above might contain an error, for instance because the question was misunderstood. "
    "If there is one, correct it. Then write out the whole solution again, and nothing else."
)


class TwoTurnParams(MethodParams):
    """Nothing beyond the common settings: there is exactly one correction."""


@method(
    title="Two-turn correction",
    family="revise",
    paper="2409.12917",
    needs={"generate"},
    faithful="prompted emulation",
    faithful_note="SCoRe trains the model by reinforcement learning to use its second turn; here it is only asked "
    "to. Results compare with the paper's base model, not with SCoRe.",
    takes_inputs=True,
    cost="n first and n corrected answers: 2 n calls, at most 2 n × longest text new tokens. The second prompt holds "
    "the question and the first answer.",
    reported="MATH, first → second turn: Gemini 1.5 Flash untrained 52.6 → 41.4 % (of all problems 4.6 % became "
    "right and 15.8 % wrong), trained with SCoRe 60.0 → 64.4 % (5.8 and 1.4 %). HumanEval: Gemini 1.0 Pro untrained "
    "53.7 → 56.7 %, trained 52.4 → 64.6 %. The untrained rows are what to compare with here.",
    unverified="These numbers are from notes on the paper (four agree), not from the paper itself. There is no "
    "official code; the second turn's instruction is known from another group's.",
)
async def two_turn(run: RunContext, question: Question, p: TwoTurnParams) -> Answer:
    """Answer, then in the same conversation be told that there might be an error, and write the solution again.

    Nothing says whether the first answer was right, and there is exactly one correction. The second answer counts,
    even where it is worse. With several samples each is corrected once and the majority of the corrected ones is
    taken, which is how the paper spends a larger budget.

    The paper trains the model on its own two-turn attempts so that the second improves on the first; its tables are
    greedy (temperature 0). Here a model without that training is given the format, in our wording.
    """

    async def correct(draft: Generation) -> Generation:
        prompt = question.prompt().then(draft.text, asked(question, CORRECT))
        return await run.sample(
            prompt, role="revision", label="revision-1", branch=draft.branch, round=1, parents=[draft]
        )

    return await each_corrected(run, question, correct)
