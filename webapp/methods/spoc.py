"""SPOC: solutions and verifications take turns within one message, until a verification says yes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal, TypeAlias

from pydantic import Field

from storage.records import Generation
from webapp.engine.protocol import Prompt
from webapp.methods._common import asked
from webapp.methods._continuing import written
from webapp.methods._message import begun, gone_on, voted
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Ending: TypeAlias = Literal["yes", "stopped", "cut"]

OPEN, CLOSE = "<reflection>", "</reflection>"
ALTERNATE = (
    "Solve it step by step. Right after your solution, still in this same reply, reflect on it between "
    f"{OPEN} and {CLOSE}: say in a few words what is right or wrong with it, and close with the line\n"
    "Verification: Is the previous solution correct? Yes\n"
    "or the same line with No. After a Yes your reply is complete. After a No, write a whole new solution below the "
    "reflection that repairs the mistake or takes another way, and reflect on that one too, as often as you need."
)
# The word right after the label, or after the question that is repeated there; "Yes/No" is that form, not a verdict.
VERDICT = re.compile(
    r"verification\b[\s:*_]*(?:is the (?:previous )?solution correct\s*\?)?[\s:*_(]*"
    r"\b(?P<word>yes|no)\b(?!\s*(?:/|or\b))",
    re.IGNORECASE,
)
TURNS = "mean number of solutions in a message"
WITHOUT_YES: dict[Ending, str] = {
    "stopped": "{} messages ended without a verdict of yes.",
    "cut": "{} messages had all their tokens before a verdict of yes.",
}


class SpocParams(MethodParams):
    """How long a message may become; nothing else ends it but its own verdict."""

    temperature: float = Field(0.0, ge=0.0, le=5.0, title="Temperature", description="0 is greedy, as in the paper.")
    max_tokens: int = Field(
        600, ge=1, le=32_768, title="Longest message",
        description="New tokens of a message with all its solutions and verifications (paper: 6144, and 32768 for "
        "reasoning models). There is no limit on turns.",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message: [n] solutions, [n or n - 1] verifications with what each says, and why the message ended.

    "yes" ended it, the model "stopped" or stated no verdict, or it was "cut" when it had all its tokens.
    """

    solutions: Sequence[Generation]
    verifications: Sequence[Generation]
    says: Sequence[bool | None]
    ending: Ending


@method(
    title="SPOC",
    family="revise",
    paper="2506.06923",
    needs={"generate", "continue"},
    faithful="prompted emulation",
    faithful_note="The paper trains the model to alternate; this is its training-free variant, a prompt that asks "
    "for the format, in our wording. Answers are asked for in the form that the grader reads. A message is drawn up "
    "to each tag and goes on from there with the same noise, so it is the text of one generation. The trained model "
    "writes a header before every turn instead of tags.",
    cost="One message for each of n samples: at most n × longest message new tokens. Every turn of it is a call that "
    "reads the message so far again (prompt tokens).",
    reported="pass@1 on MATH500 / AMC23 / AIME24, trained: Llama-3.1-8B 52.2 / 22.5 / 3.3 → 61.0 / 32.5 / 6.7, "
    "Llama-3.1-70B 65.8 / 32.5 / 16.7 → 77.4 / 52.5 / 23.3 %. Of the 8B model most of the gain is in the first "
    "solution: first → second turn 59.0 → 61.0 %, with 80.2 % of the verdicts right. These are not numbers of the "
    "prompt variant that runs here.",
    unverified="The paper's prompt word for word.",
)
async def spoc(run: RunContext, question: Question, p: SpocParams) -> Answer:
    """Solve, verify the solution in the same message, and solve again as long as the verification says no.

    Nobody asks for a check and nobody ends the message: it goes on until a verification concludes with yes, until it
    states no verdict (which is noted), or until it has all its tokens. The answer is that of the last solution that
    is complete, whatever an earlier one said. With several samples the majority of the messages is taken.

    What each verdict says of its solution is kept beside the stored verdict of that solution, which the model never
    sees.
    """
    run.doing("Solving")
    first = await begun(run, alternating(question), p, [OPEN])
    run.doing("Verifying and solving again")
    messages = await asyncio.gather(*(_alternate(run, p, solution) for solution in first))
    return await _concluded(run, messages)


def alternating(question: Question) -> Prompt:
    """Return the request for a message in which solutions and verifications alternate."""
    return Prompt.user(f"{question.stated()}\n\n{asked(question, ALTERNATE)}")


def verdict(reflection: str) -> bool | None:
    """Return whether a verification says yes, by the last line that states a verdict; None without one."""
    words = [match["word"].casefold() for match in VERDICT.finditer(reflection)]
    return words[-1] == "yes" if words else None


async def _alternate(run: RunContext, p: SpocParams, solution: Generation) -> Spoken:
    solutions, verifications, says = [solution], list[Generation](), list[bool | None]()
    while reflection := await gone_on(
        run, solutions[-1], p, after=[OPEN], role="verification", round=len(solutions), until=[CLOSE]
    ):
        verifications.append(reflection)
        says.append(verdict(_verification(reflection)))
        if says[-1] is not False:
            break
        again = await gone_on(
            run, reflection, p, after=[CLOSE], role="revision", round=len(solutions), until=[OPEN],
            parents=[solutions[-1]],
        )  # fmt: skip
        if again is None:
            break
        solutions.append(again)
    return Spoken(solutions, verifications, says, _ending(run, p, solutions, verifications, says))


def _ending(
    run: RunContext,
    p: SpocParams,
    solutions: Sequence[Generation],
    verifications: Sequence[Generation],
    says: Sequence[bool | None],
) -> Ending:
    if says and says[-1]:
        return "yes"
    verified = len(verifications) == len(solutions)
    last = verifications[-1] if verified else solutions[-1]
    no_verdict = verified and says[-1] is None and last.finish_reason != "length"
    return "cut" if len(written(run, last)) >= p.max_tokens and not no_verdict else "stopped"


def _solution(text: Generation) -> str:
    return text.text.rpartition(CLOSE)[2]


def _verification(text: Generation) -> str:
    return text.text.rpartition(OPEN)[2]


async def _concluded(run: RunContext, messages: Sequence[Spoken]) -> Answer:
    answers: dict[int, str | None] = {}
    chosen: list[Generation] = []
    samples: list[dict[str, Any]] = []
    for message in messages:
        stated = [await asyncio.to_thread(run.extract, _solution(text)) for text in message.solutions]
        last = _last_complete(message.solutions, stated)
        chosen.append(message.solutions[last])
        answers[chosen[-1].branch] = stated[last]
        samples.append(_told(message, stated))
    turns = fmean(len(message.solutions) for message in messages)
    await run.record_score("spoc_turns", turns, how=TURNS, details={"samples": samples})
    answer = await voted(run, chosen, answers)
    return Answer(answer.value, answer.chosen, answer.votes, f"{_endings(messages)} {answer.note}".strip())


def _last_complete(solutions: Sequence[Generation], stated: Sequence[str | None]) -> int:
    """Return the last solution that was not cut short and states an answer; the first one where there is none."""
    whole = [i for i, text in enumerate(solutions) if text.finish_reason != "length" and stated[i] is not None]
    return whole[-1] if whole else 0


def _told(message: Spoken, stated: Sequence[str | None]) -> dict[str, Any]:
    """Return a message as plain data: its blocks in order, each the end of the text of its generation."""
    blocks: list[dict[str, Any]] = []
    for i, solution in enumerate(message.solutions):
        blocks.append({"kind": "solution", "answer": stated[i], **_place(solution, _solution(solution))})
        if i < len(message.verifications):
            said = message.verifications[i]
            blocks.append({"kind": "verification", "says": message.says[i], **_place(said, _verification(said))})
    return {"branch": message.solutions[0].branch, "ending": message.ending, "blocks": blocks}


def _place(text: Generation, block: str) -> dict[str, Any]:
    size = len(text.text.encode())
    return {"generation": text.id, "start": size - len(block.encode()), "end": size}


def _endings(messages: Sequence[Spoken]) -> str:
    """Return how the messages ended that no verdict ended, as sentences."""
    endings = [message.ending for message in messages]
    counts = {ending: endings.count(ending) for ending in WITHOUT_YES}
    told = (WITHOUT_YES[ending].format(f"{count} of {len(endings)}") for ending, count in counts.items() if count)
    return " ".join(told)
