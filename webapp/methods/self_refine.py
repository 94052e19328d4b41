"""Self-Refine: draft, feedback, refinement, with the history of all attempts in every prompt."""

from __future__ import annotations

import re

from pydantic import Field

from storage.records import Generation
from webapp.methods._common import Example, asked, each_corrected, few_shot
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

STOP_PHRASE = "No problems found."
FEEDBACK = (
    "Check the last attempt step by step. Name each problem exactly: where it is, what is wrong with it and how to "
    f"fix it. If it is right as it stands, write only: {STOP_PHRASE}"
)
REFINE = "Write a better answer to the question that fixes every problem named in the last feedback."

# Two worked examples of our own: an attempt with one definite mistake, and one with none.
WRONG = (
    "Question: Tom has 3 boxes of 6 pencils and gives 4 pencils away. How many pencils are left?\n\n"
    "Attempt 1:\nHe has 3 + 6 = 9 pencils. 9 - 4 = 5.\nAnswer: 5"
)
WRONG_FEEDBACK = (
    "The first step adds boxes and pencils. 3 boxes of 6 pencils are 3 * 6 = 18 pencils, so the second step must "
    "subtract 4 from 18."
)
FIXED = "3 boxes of 6 pencils are 3 * 6 = 18 pencils. 18 - 4 = 14.\nAnswer: 14"
RIGHT = (
    "Question: Which is heavier, 1 kg of iron or 2 kg of wool?\n\nAttempt 1:\n2 kg is more than 1 kg.\nAnswer: wool"
)
FEEDBACK_EXAMPLES: tuple[Example, ...] = (
    (f"{WRONG}\n\n{FEEDBACK}", WRONG_FEEDBACK),
    (f"{RIGHT}\n\n{FEEDBACK}", STOP_PHRASE),
)
REFINE_EXAMPLES: tuple[Example, ...] = ((f"{WRONG}\n\nFeedback 1:\n{WRONG_FEEDBACK}\n\n{REFINE}", FIXED),)


class SelfRefineParams(MethodParams):
    """When to stop."""

    max_rounds: int = Field(
        2, ge=1, le=8, title="Most rounds",
        description="Times the answer may be criticised and refined (the authors' maths runs: 4 attempts in all).",
    )  # fmt: skip


@method(
    title="Self-Refine",
    family="revise",
    paper="2303.17651",
    needs={"generate"},
    faithful="variant",
    faithful_note="Feedback, refinement, full history and a stopping phrase as in the paper. The paper gives several "
    "worked examples made for each task; here two of our own serve every question, as chat turns, and the first "
    "draft has none. The authors' maths runs write programs and refine within the feedback call.",
    takes_inputs=True,
    cost="A draft and up to R rounds of feedback and refinement for each of n samples: at most n (1 + 2 R) calls and "
    "n (1 + 2 R) × longest text new tokens, less where feedback finds nothing. Prompts grow: round r reads r "
    "attempts and r − 1 feedbacks.",
    reported="In the paper nothing that could be checked. CorrectBench (arXiv 2510.16062) gives the mean change "
    "against a plain prompt over 11 models: HotpotQA +4.73, GPQA +22.13, AQUA +8.23, MATH +6.65 points.",
    unverified="CorrectBench's numbers are from notes on it (two agree), and its own code differs from the paper. Of "
    "the paper from memory only: GPT-4 on GSM8K 92.9 → 93.1 %, on dialogue 25.4 → 74.6 %; next to no gain on maths.",
)
async def self_refine(run: RunContext, question: Question, p: SelfRefineParams) -> Answer:
    """Draft an answer, write feedback on it, refine it by the feedback, and go on until the feedback finds nothing.

    Every prompt shows the question with all attempts and all feedback so far, after worked examples. The model itself
    decides when to stop, by a fixed phrase; nothing tells it whether it is right.

    The paper uses a set of worked examples for each of its tasks, and feedback on aspects that belong to the task.
    Here two general examples stand for all questions, so a small model may follow their pattern more than its task.
    """

    async def refine(draft: Generation) -> Generation:
        answer, history = draft, f"Question: {question.stated()}"
        for round in range(1, p.max_rounds + 1):
            history += f"\n\nAttempt {round}:\n{answer.text}"
            feedback = await run.sample(
                few_shot(FEEDBACK_EXAMPLES, f"{history}\n\n{FEEDBACK}"),
                role="critique", label=f"critique-{round}", branch=draft.branch, round=round, parents=[answer],
            )  # fmt: skip
            if finds_nothing(feedback.text):
                break
            history += f"\n\nFeedback {round}:\n{feedback.text}"
            answer = await run.sample(
                few_shot(REFINE_EXAMPLES, f"{history}\n\n{asked(question, REFINE)}"),
                role="revision", label=f"revision-{round}", branch=draft.branch, round=round,
                parents=[answer, feedback],
            )  # fmt: skip
        return answer

    return await each_corrected(run, question, refine)


def finds_nothing(feedback: str) -> bool:
    """Say whether the first or the last line of a feedback is the stop phrase, whatever its case and marks.

    A line that says more ("No problems found in step 1, but...") is none.
    """
    lines = [words for line in feedback.splitlines() if (words := _words(line))]
    return bool(lines) and _words(STOP_PHRASE) in (lines[0], lines[-1])


def _words(line: str) -> list[str]:
    return re.findall(r"\w+", line.casefold())
