"""DCoT: several chains of thought in one reply, each with the earlier ones in view, then a final answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import Field

from storage.records import Generation
from webapp.engine.protocol import Prompt
from webapp.methods._continuing import written
from webapp.methods._message import answer_in, begun, gone_on, voted
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

WithoutFinal: TypeAlias = Literal["last answer", "no answer"]

CHAIN, FINAL = "[Answer {}]", "[Final answer]"
AFTER_THE_FIRST = (CHAIN.format(2), FINAL, "[Final Answer]")
INSTRUCTION = (
    "Below is a question and a number of answers. Give that many answers in one reply, each reasoned step by step in "
    f"another way under its own heading: {CHAIN.format(1)}, {CHAIN.format(2)} and so on. Use what the earlier ones "
    f"show. Then write the heading {FINAL} and, under it, the answer that you settle on."
)
HEADING = re.compile(r"[*_#\s]*\[\s*(?:answer\s*(?P<number>\d+)|(?P<final>final\s+answer))\s*\][*_:]*", re.IGNORECASE)
AGREEING = "share of the chains with an answer that agree with the final answer; unknown where no final one is stated"


class DcotParams(MethodParams):
    """How many chains a reply has, and what counts where it never comes to its final answer."""

    chains: int = Field(
        2, ge=1, le=8, title="Chains",
        description="Answers asked for in one reply (paper: 2, where the second refines the first).",
    )  # fmt: skip
    without_final: WithoutFinal = Field(
        "last answer", title="No final answer",
        description="What counts where the heading of the final answer is missing: the last answer that the reply "
        "states, or none. What the authors do is not known to us.",
    )  # fmt: skip
    max_tokens: int = Field(
        500, ge=1, le=32_768, title="Longest reply", description="New tokens of a reply with all its chains.",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chains:
    """A reply taken apart: [k] chains in their order, and what follows the final heading, if there is one."""

    chains: tuple[str, ...]
    final: str | None


@method(
    title="Diverse chains (DCoT)",
    family="revise",
    paper="2407.03181",
    needs={"generate", "continue"},
    faithful="prompted emulation",
    faithful_note="The paper tunes the model on replies of this format; here an untrained one is told of it, in a "
    "sentence of ours above the paper's layout of question, options and number of answers, and the grader's form of "
    "the answer is asked for. The context field holds what an earlier stage of a mixture hands over. A reply is "
    "drawn up to its second chain and goes on from there with the same noise: it is the text of one generation.",
    cost="One reply for each of n samples: at most n × longest reply new tokens, in up to 2 n calls, of which the "
    "second reads the first chain again (prompt tokens).",
    reported="Tuned models of 1.3 to 70 billion parameters do better than with one chain, most with numeric answers. "
    "CorrectBench (arXiv 2510.16062): a tuned LLaMA2-7B on GSM8K −15.55 points against a plain prompt.",
    unverified="CorrectBench's number is from notes on it. Of the paper itself only the abstract was read.",
)
async def dcot(run: RunContext, question: Question, p: DcotParams) -> Answer:
    """Write several chains of thought one after the other in a single reply, then the answer they lead to.

    Every chain is written with all earlier ones in view, so the second can refine the first. The final answer is
    what the model settles on under a heading of its own; nobody votes over the chains. Which of them agree with it is
    recorded. The first attempt is the first chain.
    """
    run.doing("First chain")
    first = await begun(run, diverse(question, p.chains), p, AFTER_THE_FIRST)
    run.doing("Further chains")
    going_on = (gone_on(run, text, p, after=AFTER_THE_FIRST, role="revision", round=1) for text in first)
    later = await asyncio.gather(*going_on)
    return await _concluded(run, p, first, [text or start for start, text in zip(first, later, strict=True)])


def diverse(question: Question, count: int) -> Prompt:
    """Return the request for so many chains in one reply, in the paper's layout; it ends with the first heading."""
    fields = {
        "Question": question.text,
        "Options": " ".join(question.lettered()),
        "Context": question.earlier,
        "Number of answers": str(count),
    }
    layout = "\n".join([*(f"[{name}] {value}" for name, value in fields.items() if value), CHAIN.format(1)])
    return Prompt.user("\n\n".join(filter(None, (INSTRUCTION, question.answer_format(), layout))))


def taken_apart(reply: str) -> Chains:
    """Return the chains of a reply, and what stands under its first final heading.

    The request ends with the first heading, so what a reply begins with is its first chain. A heading with nothing
    under it is no chain, and what follows the final answer is neither.
    """
    chains, start = list[str](), 0
    for heading in HEADING.finditer(reply):
        chains.append(reply[start : heading.start()])
        start = heading.end()
        if heading["final"]:
            after = HEADING.search(reply, start)
            return Chains(_told(chains), reply[start : after.start() if after else len(reply)].strip())
    return Chains(_told([*chains, reply[start:]]), None)


def _told(chains: Sequence[str]) -> tuple[str, ...]:
    return tuple(stripped for chain in chains if (stripped := chain.strip()))


async def _concluded(
    run: RunContext, p: DcotParams, first: Sequence[Generation], whole: Sequence[Generation]
) -> Answer:
    samples = await asyncio.gather(*(_read(run, p, *each) for each in zip(first, whole, strict=True)))
    agreeing = [c["agrees"] for each in samples for c in each["chains"] if c["agrees"] is not None]
    share = sum(agreeing) / len(agreeing) if agreeing else None
    await run.record_score("dcot_agreeing", share, how=AGREEING, details={"samples": samples})
    answer = await voted(run, whole, {each["branch"]: each["answer"] for each in samples})
    missing = sum(not each["concluded"] for each in samples)
    note = f"{missing} of {len(samples)} replies never come to their final answer." if missing else ""
    return Answer(answer.value, answer.chosen, answer.votes, f"{note} {answer.note}".strip())


async def _read(run: RunContext, p: DcotParams, start: Generation, reply: Generation) -> dict[str, Any]:
    """Return a reply as plain data: each chain with its answer, and the answer that counts."""
    parts = taken_apart(reply.text)
    stated = [await asyncio.to_thread(run.extract, chain) for chain in parts.chains]
    if parts.final is not None:
        answer = await answer_in(run, parts.final)
    else:
        answer = next(filter(None, reversed(stated)), None) if p.without_final == "last answer" else None
    agrees = [await _agrees(run, each, answer) for each in stated]
    return {
        "branch": start.branch,
        "text": reply.id,
        "chains": [
            {"answer": one, "agrees": agreeing, "text": chain}
            for one, agreeing, chain in zip(stated, agrees, parts.chains, strict=True)
        ],
        "answer": answer,
        "concluded": parts.final is not None,
        "cut": len(written(run, reply)) >= p.max_tokens,
    }


async def _agrees(run: RunContext, answer: str | None, final: str | None) -> bool | None:
    return None if answer is None or final is None else await asyncio.to_thread(run.same, answer, final)
