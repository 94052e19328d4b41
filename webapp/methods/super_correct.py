"""SuperCorrect: one reply with its steps in tags, notes where they are tricky, a summary and an answer."""

from __future__ import annotations

import asyncio
import re
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from pydantic import Field

from storage.records import Generation
from webapp.engine.protocol import Message, Prompt
from webapp.methods._message import answer_in, begun, voted
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

WithoutBlock: TypeAlias = Literal["last answer", "no answer"]

SYSTEM = (
    "Solve what you are asked step by step and mark up your solution with tags. Put every step between <Step1> and "
    "</Step1>, <Step2> and </Step2>, and so on. Where a step is easy to get wrong, add between <Key> and </Key>, "
    "inside that step, what to watch for. After the last step write between <Generalized> and </Generalized> in a "
    "few words how questions of this kind are solved. Close with the answer between <Answer> and </Answer>."
)
# What is never closed ends where the next part begins, or with the reply.
STEP = re.compile(
    r"<Step\s*(?P<number>\d+)>(?P<body>.*?)(?:</Step\s*\d+>|(?=<Step\s*\d+>|<Generalized>|<Answer>)|$)", re.S | re.I
)
KEY = re.compile(r"<Key>(?P<body>.*?)(?:</Key>|$)", re.S | re.I)
GENERALIZED = re.compile(r"<Generalized>(?P<body>.*?)(?:</Generalized>|(?=<Answer>)|$)", re.S | re.I)
ANSWER = re.compile(r"<Answer>(?P<body>.*?)(?:</Answer>|$)", re.S | re.I)
STEPS = "mean number of steps in tags"


class SuperCorrectParams(MethodParams):
    """How the reply is drawn, and what counts where it has no answer in tags."""

    temperature: float = Field(0.0, ge=0.0, le=5.0, title="Temperature", description="0 is greedy, as the authors'.")
    without_block: WithoutBlock = Field(
        "last answer", title="No <Answer>",
        description="What counts where the reply has no <Answer>: the last answer that it states, or none.",
    )  # fmt: skip
    max_tokens: int = Field(
        500, ge=1, le=32_768, title="Longest reply", description="New tokens of a reply (authors: 1024).",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """A step in tags without its notes, and the notes in it."""

    number: int
    text: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Thought:
    """A reply taken apart; what is None has no tags in it."""

    steps: tuple[Step, ...]
    generalized: str | None
    answer: str | None


@method(
    title="Hierarchical thought (SuperCorrect)",
    family="revise",
    paper="2410.09008",
    needs={"generate"},
    faithful="prompted emulation",
    faithful_note="The paper trains a small model on thoughts of a large teacher, and then on the teacher's "
    "corrections of its first wrong step; here an untrained one gets the format as its system prompt, in our "
    "wording, and corrects nothing beyond what that makes it do. The grader's form of the answer is asked for.",
    cost="One reply for each of n samples: n calls, at most n × longest reply new tokens.",
    reported="Trained Qwen2.5-Math-7B against the model it was trained from: MATH +15.1, GSM8K +6.3 points. "
    "CorrectBench (arXiv 2510.16062), a trained model against its own base: CS-QA +14.85, GSM8K +27.55, MATH +28.45, "
    "HumanEval +13.05 points.",
    unverified="The figures of the paper are from its abstract, those of CorrectBench from notes on it.",
)
async def super_correct(run: RunContext, question: Question, p: SuperCorrectParams) -> Answer:
    """Answer with every step in tags, notes on what is tricky, a summary of the way, and the answer in a tag.

    It is a single pass without a second look: the first attempt is the answer. What is shown is the hierarchy that
    the reply has, and which of its parts are missing. An untrained model that leaves out the tags is still graded,
    by the last answer that it states, unless the settings say otherwise.
    """
    run.doing("Answering in steps")
    replies = await begun(run, hierarchical(question), p, ())
    thoughts = [thought(reply.text) for reply in replies]
    answers = {
        reply.branch: await _answer(run, p, reply, found) for reply, found in zip(replies, thoughts, strict=True)
    }
    samples = [_told(reply, found, answers) for reply, found in zip(replies, thoughts, strict=True)]
    steps = sum(len(found.steps) for found in thoughts) / len(thoughts)
    await run.record_score("tagged_steps", steps, how=STEPS, details={"samples": samples})
    answer = await voted(run, replies, answers)
    missing = sum(found.answer is None for found in thoughts)
    note = f"{missing} of {len(replies)} replies have no <Answer>." if missing else ""
    return Answer(answer.value, answer.chosen, answer.votes, f"{note} {answer.note}".strip())


def hierarchical(question: Question) -> Prompt:
    """Return the question after the system prompt that asks for a hierarchical thought."""
    return Prompt((Message("system", SYSTEM), *question.prompt().messages))


def thought(reply: str) -> Thought:
    """Take a reply apart by its tags."""
    steps = tuple(_step(match) for match in STEP.finditer(reply))
    return Thought(steps, _last(GENERALIZED, reply), _last(ANSWER, reply))


def _step(match: re.Match[str]) -> Step:
    keys = tuple(key["body"].strip() for key in KEY.finditer(match["body"]))
    return Step(int(match["number"]), KEY.sub("", match["body"]).strip(), keys)


def _last(tag: re.Pattern[str], reply: str) -> str | None:
    bodies = [match["body"].strip() for match in tag.finditer(reply)]
    return bodies[-1] if bodies else None


async def _answer(run: RunContext, p: SuperCorrectParams, reply: Generation, found: Thought) -> str | None:
    if found.answer is not None:
        return await answer_in(run, found.answer)
    return await asyncio.to_thread(run.extract, reply.text) if p.without_block == "last answer" else None


def _told(reply: Generation, found: Thought, answers: dict[int, str | None]) -> dict[str, Any]:
    cut = reply.finish_reason == "length"
    return {"branch": reply.branch, "text": reply.id, "answer": answers[reply.branch], "cut": cut, **asdict(found)}
