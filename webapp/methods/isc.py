"""ISC: a first answer, its verification and, if that finds it wrong, another answer, all in one reply."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from storage.records import Generation
from webapp.engine.protocol import Prompt
from webapp.methods._continuing import written
from webapp.methods._message import begun, gone_on, voted
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

VERIFY = "Verification:"
MARKERS = tuple(
    f"{w}{m}:" for w in ("Verification", "verification", "VERIFICATION") for m in ("", "*", "**", "_", "__")
)
FIRST = "Answer this question, and verify your answer in the same reply."
THEN = (
    f"On a new line go on with '{VERIFY} correct' if that answer holds, and your reply is complete. If it does not, "
    f"go on with '{VERIFY} incorrect', say what is wrong with it, then solve the question again and end with the new "
    "answer in the same form."
)
# The conclusion stands right after the label; "correct or incorrect" is the form repeated, and none.
VERDICT = re.compile(
    r"verification[*_]{0,2}:[\s*_]*(?:(?:the |my |this |that )?(?:first |previous )?(?:answer |it )?(?:above )?is )?"
    r"(?:(?P<wrong>incorrect|wrong|false|not\s+(?:correct|right))|(?:correct|right|true))\b(?!\W{0,3}(?:or\b|/))",
    re.IGNORECASE,
)
CHANGED = "share of the replies whose final answer is another than their first; unknown where none states both"


class IscParams(MethodParams):
    """How long a reply may become."""

    max_tokens: int = Field(
        400, ge=1, le=32_768, title="Longest reply",
        description="New tokens of a reply with its answers and its verification.",
        json_schema_extra={"unit": "tokens"},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    """The verdicts of a reply in their order, and where its final answer is (None: its first answer stands)."""

    verdicts: tuple[bool, ...]
    final: str | None


@method(
    title="Self-verified reply (ISC)",
    family="revise",
    paper="2401.07301",
    needs={"generate", "continue"},
    faithful="prompted emulation",
    faithful_note="The paper trains small models on replies of this kind, with the wrong first answers masked from "
    "the loss; here an untrained one is asked for the format, in our wording: the sentences that the paper trains on "
    "are not known to us. A reply is drawn up to its verification and goes on from there with the same noise, so it "
    "is the text of one generation.",
    cost="One reply for each of n samples: at most n × longest reply new tokens, in up to 2 n calls, of which the "
    "second reads the first answer again (prompt tokens).",
    reported="Only that trained models of 6 to 13 billion parameters do better with it on commonsense and factual "
    "questions.",
    unverified="The sentences of the format and the tables. That loss falls on all tokens of replies with a right "
    "first answer is our reading of the abstract.",
)
async def isc(run: RunContext, question: Question, p: IscParams) -> Answer:
    """Answer, say in the same reply whether that answer is correct, and give another one if it is not.

    There is no second request: the model decides within its reply. After a last verdict of incorrect the final
    answer is what follows it, and none if nothing does; after correct it is the answer that was verified. A reply
    without a verdict keeps its first answer, and that is noted.
    """
    run.doing("Answering")
    first = await begun(run, replying(question), p, MARKERS)
    run.doing("Verifying")
    going_on = (gone_on(run, text, p, after=MARKERS, role="revision", round=1) for text in first)
    later = await asyncio.gather(*going_on)
    return await _concluded(run, p, first, [text or start for start, text in zip(first, later, strict=True)])


def replying(question: Question) -> Prompt:
    """Return the request for a reply that answers, verifies and answers again if need be."""
    return Prompt.user("\n\n".join(filter(None, (question.stated(), FIRST, question.answer_format(), THEN))))


def read(reply: str) -> Reply:
    """Find the verdicts of a reply, and what counts after the last of them.

    The first answer stands without a verdict and after a single one of correct. Otherwise it is what follows a last
    verdict of incorrect, or what a last verdict of correct is about.
    """
    found = list(VERDICT.finditer(reply))
    verdicts = tuple(match["wrong"] is None for match in found)
    if verdicts in ((), (True,)):
        return Reply(verdicts, None)
    last = found[-1]
    return Reply(verdicts, reply[found[-2].end() : last.start()] if verdicts[-1] else reply[last.end() :])


async def _concluded(
    run: RunContext, p: IscParams, first: Sequence[Generation], whole: Sequence[Generation]
) -> Answer:
    samples = await asyncio.gather(*(_told(run, p, *each) for each in zip(first, whole, strict=True)))
    both = [each["changed"] for each in samples if each["changed"] is not None]
    share = sum(both) / len(both) if both else None
    await run.record_score("isc_changed", share, how=CHANGED, details={"samples": samples})
    texts = {text.id: text for text in (*first, *whole)}
    chosen = [texts[each["text"]] for each in samples]
    answer = await voted(run, chosen, {each["branch"]: each["final"] for each in samples})
    silent = sum(not each["verdicts"] for each in samples)
    note = f"{silent} of {len(samples)} replies state no verdict and keep their first answer." if silent else ""
    return Answer(answer.value, answer.chosen, answer.votes, f"{note} {answer.note}".strip())


async def _told(run: RunContext, p: IscParams, start: Generation, reply: Generation) -> dict[str, Any]:
    """Return a reply as plain data: both answers, the verdicts, and the text in which the final answer stands."""
    found = read(reply.text)
    first = await asyncio.to_thread(run.extract, start.text)
    final = first if found.final is None else await asyncio.to_thread(run.extract, found.final)
    return {
        "branch": start.branch,
        "first": first,
        "verdicts": list(found.verdicts),
        "final": final,
        "changed": await _changed(run, first, final),
        "first_text": start.id,
        "text": (start if found.final is None else reply).id,
        "cut": len(written(run, reply)) >= p.max_tokens,
    }


async def _changed(run: RunContext, first: str | None, final: str | None) -> bool | None:
    return None if first is None or final is None else not await asyncio.to_thread(run.same, first, final)
