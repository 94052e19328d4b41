"""RCI: recursively criticise and improve, in one growing conversation."""

from __future__ import annotations

import asyncio
from typing import Literal, TypeAlias

from pydantic import Field

from storage.records import Generation
from webapp.methods._common import asked, each_corrected
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Reading: TypeAlias = Literal["paper", "CorrectBench"]

REVIEW = "Go over your previous answer and point out the problems you find in it."
IMPROVE = "Now use the problems you found to improve your answer."


class RciParams(MethodParams):
    """How often the answer is criticised and improved, and who ends it."""

    rounds: int = Field(1, ge=1, le=8, title="Rounds", description="Times the answer is criticised and improved.")
    reading: Reading = Field(
        "paper", title="Reading",
        description="paper: all rounds, whatever comes out. CorrectBench: as in that benchmark's code no further "
        "round follows an improvement that the reference answer says is right, which marks the run as oracle.",
    )  # fmt: skip


@method(
    title="RCI",
    family="revise",
    paper="2303.17491",
    needs={"generate"},
    faithful="full",
    faithful_note="The paper's procedure for reasoning tasks (answer, critique, improvement in one conversation), in "
    "our wording and without a reference to stop at, unless CorrectBench's reading is chosen. Its agent for computer "
    "tasks is another thing. The authors draw at temperature 0.",
    takes_inputs=True,
    cost="A draft and R rounds of critique and improvement for each of n samples: n (1 + 2 R) calls, at most n (1 + "
    "2 R) × longest text new tokens. Every prompt repeats the conversation so far.",
    reported="No numbers: neither the paper's results nor CorrectBench's for RCI could be read.",
    unverified="That the paper's reasoning results stopped at the right answer is a later remark on it, not "
    "confirmed.",
)
async def rci(run: RunContext, question: Question, p: RciParams) -> Answer:
    """Answer, be asked to find problems with that answer, then be asked to improve it using what was found.

    Critique and improvement are two separate turns of the same conversation, so the model sees all it said before.
    It always runs the chosen number of rounds: no step knows the right answer.

    The results reported for reasoning tasks are said to have used the reference answer to decide when to stop. That
    is done here in CorrectBench's reading alone, so a right first answer can be talked into a wrong one.
    """

    async def correct(draft: Generation) -> Generation:
        said, answer = question.prompt(), draft
        for round in range(1, p.rounds + 1):
            said = said.then(answer.text, REVIEW)
            critique = await run.sample(
                said, role="critique", label=f"critique-{round}", branch=draft.branch, round=round, parents=[answer]
            )
            said = said.then(critique.text, asked(question, IMPROVE))
            answer = await run.sample(
                said, role="revision", label=f"revision-{round}", branch=draft.branch, round=round,
                parents=[answer, critique],
            )  # fmt: skip
            if p.reading == "CorrectBench" and round < p.rounds and await _is_right(run, answer):
                break
        return answer

    return await each_corrected(run, question, correct)


async def _is_right(run: RunContext, answer: Generation) -> bool:
    value = await asyncio.to_thread(run.extract, answer.text)
    return await asyncio.to_thread(run.oracle.correct, value, why="stop")
