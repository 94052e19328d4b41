"""SaySelf by prompting: why the answer may be wrong, a confidence in words, and the agreement of the samples."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from statistics import fmean
from typing import Any, Literal, TypeAlias

from pydantic import Field

from storage.records import Generation, Vote
from webapp.analysis.agreement import POINTS, cluster_confidence
from webapp.engine.protocol import Prompt
from webapp.methods._common import Example, decided, few_shot, tallied
from webapp.methods._continuing import insisted
from webapp.methods._shown import fitted, listed
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Reflection: TypeAlias = Literal["each sample", "the disagreement"]

REFLECT = (
    "Now say in the first person what you are sure and unsure of in this answer, and why. Then state your confidence "
    "in it as a whole number from 1 (a guess) to 10 (certain). Write exactly these two lines:\n"
    "Self-reflection: ...\nConfidence: ..."
)
OTHERS = "When you were asked the same question before, you also gave these answers:\n\n{others}\n\n{reflect}"
# Two worked examples of our own, one sure and one not, each a question with its answer and then the reflection on it.
EXAMPLES: tuple[Example, ...] = (
    ("How many legs does a spider have?", "Spiders have eight legs.\nAnswer: 8"),
    (
        REFLECT,
        "Self-reflection: I am sure that spiders are arachnids, and those have eight legs.\nConfidence: 10",
    ),
    ("When was the first bridge at Torrfoss built?", "Such bridges were built around 1890.\nAnswer: 1890"),
    (REFLECT, "Self-reflection: I do not know this bridge; the year is a guess from others like it.\nConfidence: 2"),
)
APPENDED = "\nConfidence:"  # what the text is continued after when no attempt stated a number
NUMBER_TOKENS = 6  # new tokens after it

STATED = "the whole number after 'Confidence:', 1 to 10; 0 where none is stated, or several different ones"
EMPIRICAL = "round(10 x share of the samples that give this answer); unknown for a sample without an answer"
GAP = "mean of stated minus empirical confidence over the samples that have both"
REASON = re.compile(r"self-?\s?reflection\W*?:", re.IGNORECASE)
LABEL = re.compile(r"confidence(?: level| score)?(?: \([^)\n]*\))?\W*?:", re.IGNORECASE)
MARKS = " \t\r\n*_"  # that may stand around a label
NUMBER = re.compile(r"\W*(?P<whole>\d+)(?![\d.,]*\d|\s*%|\s*(?:-|–|to\b)\s*\d)")


class SaySelfParams(MethodParams):
    """What the model reflects on, and how often it is asked for a number."""

    samples: int = Field(
        5, ge=1, le=64, title="Samples", description="Answers whose agreement is the empirical confidence."
    )
    reflection: Reflection = Field(
        "each sample", title="Reflect on",
        description="each sample: every answer by itself. the disagreement: once, on the majority's answer with "
        "other answers in view.",
    )  # fmt: skip
    minority: int = Field(
        3, ge=1, le=10, title="Other answers shown",
        description="Texts with another answer that are shown for reflecting on the disagreement.",
    )  # fmt: skip
    examples: bool = Field(
        True, title="Worked examples",
        description="Whether two worked examples come first; without them small models rarely keep to the form.",
    )  # fmt: skip
    retries: int = Field(
        3, ge=0, le=10, title="Asked again",
        description="Times it is asked again where no number is stated (the authors' baselines: 3).",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stated:
    """What the model said of one answer.

    `confidence` is 1 to 10, 0 where none could be read from `text`, which took `asked` requests; `appended` says
    that "Confidence:" was put after the last of them.
    """

    confidence: int
    text: Generation
    asked: int
    appended: bool


@method(
    title="SaySelf",
    family="judge",
    paper="2405.20974",
    needs={"generate", "continue"},
    faithful="prompted emulation",
    faithful_note="SaySelf trains the model to write the reflection and a calibrated number; here it is only asked "
    "to, in a second turn, in our wording and after worked examples of ours. Reflecting on the disagreement is a "
    "variant without training that the paper does not have. Answers are grouped by the grader's equivalence; the "
    "paper groups many sampled chains by meaning (its details are not known to us).",
    cost="n answers, then 1 to R + 2 calls for each that is reflected on (n, or one), R being the times asked again.",
    reported="Trained Mistral-7B: lower calibration error and higher AUROC than its baselines on HotpotQA and on "
    "other data sets, accuracy kept.",
    unverified="The tables, and of the training data the number of chains and how they are clustered.",
    takes_inputs=True,
)
async def say_self(run: RunContext, question: Question, p: SaySelfParams) -> Answer:
    """Answer, say why the answer may be wrong, state a confidence from 1 to 10, and hold it against the samples.

    The empirical confidence beside it is ten times the share of samples that give the same answer. The model
    reflects on every sample by itself, or once on their disagreement. Where it states no number it is asked again;
    after that "Confidence:" is put at the end of its text and it goes on from there. The run's answer is the plain
    majority: the numbers judge it, they do not choose it.

    Without the paper's training a model tends to state the same high number whatever its samples do. The gap
    between what it says and how often it agrees with itself is what is to be seen here.
    """
    run.doing("Drafting")
    drafts = await run.drafts(question)
    answers, votes = await tallied(run, drafts)
    answer = decided(drafts, answers, votes)
    run.doing("Reflecting")
    if p.reflection == "each sample":
        subjects, prompts = drafts, [reflecting(question, draft.text, examples=p.examples) for draft in drafts]
    else:
        subjects = [answer.chosen or drafts[0]]
        prompts = [await _on_disagreement(run, question, p, subjects[0], _minority(drafts, votes, p.minority))]
    said = await asyncio.gather(*(_reflect(run, p, *each) for each in zip(subjects, prompts, strict=True)))
    stated = {subject.branch: each for subject, each in zip(subjects, said, strict=True)}
    await _record(run, drafts, answers, _empirical(drafts, votes), stated)
    return answer


def reflecting(question: Question, answer: str, others: Sequence[str] = (), *, examples: bool) -> Prompt:
    """Return the second turn that asks for reflection and confidence, with other answers in view if there are any."""
    shown = OTHERS.format(others=listed("Answer", others), reflect=REFLECT) if others else REFLECT
    first = (question.prompt().messages[-1].content, answer)
    return few_shot((*(EXAMPLES if examples else ()), first), shown)


def confidence(text: str) -> int:
    """Return the confidence that a text states, 1 to 10; 0 where it states none, or several different ones.

    Only a whole number right after "Confidence:" counts, "7" as well as "7/10"; no percentage and no range.
    """
    found = {int(m["whole"]) for label in LABEL.finditer(text) if (m := NUMBER.match(text, label.end()))}
    return found.pop() if len(found) == 1 and found <= set(range(1, POINTS + 1)) else 0


def rationale(text: str) -> str:
    """Return what a text says between "Self-reflection:" and "Confidence:", as far as it keeps to that form."""
    return LABEL.split(REASON.split(text, maxsplit=1)[-1], maxsplit=1)[0].strip(MARKS)


def _minority(drafts: Sequence[Generation], votes: Sequence[Vote], count: int) -> list[Generation]:
    """Return samples with other answers than the leading one: one of each answer, then second ones."""
    by_branch = {draft.branch: draft for draft in drafts}
    ranks = zip_longest(*(vote.branches for vote in votes[1:]))
    return [by_branch[branch] for rank in ranks for branch in rank if branch is not None][:count]


async def _on_disagreement(
    run: RunContext, question: Question, p: SaySelfParams, subject: Generation, others: Sequence[Generation]
) -> Prompt:
    def build(shown: Sequence[str]) -> Prompt:
        return reflecting(question, subject.text, shown, examples=p.examples)

    if not others:
        return build(())
    new_tokens = p.max_tokens + len(run.tokenize(APPENDED)) + NUMBER_TOKENS
    return (await fitted(run, [other.text for other in others], new_tokens, build))[0]


async def _reflect(run: RunContext, p: SaySelfParams, subject: Generation, prompt: Prompt) -> Stated:
    for attempt in range(1, p.retries + 2):
        text = await run.sample(
            prompt, role="evaluation", label=f"reflection-{attempt}", branch=subject.branch, round=1,
            parents=[subject],
        )  # fmt: skip
        if number := confidence(text.text):
            return Stated(number, text, attempt, appended=False)
    whole = await insisted(run, text, APPENDED, label="confidence", max_tokens=NUMBER_TOKENS)
    return Stated(confidence(APPENDED + whole.text.rpartition(APPENDED)[2]), whole, attempt, appended=True)


def _empirical(drafts: Sequence[Generation], votes: Sequence[Vote]) -> dict[int, int]:
    return {b: cluster_confidence(len(vote.branches), len(drafts)) for vote in votes for b in vote.branches}


async def _record(
    run: RunContext,
    drafts: Sequence[Generation],
    answers: Mapping[int, str | None],
    empirical: Mapping[int, int],
    stated: Mapping[int, Stated],
) -> None:
    rows = []
    for draft in drafts:
        agreed, said = empirical.get(draft.branch), stated.get(draft.branch)
        told = {} if said is None else _told(said)
        await run.record_score("empirical_confidence", agreed, how=EMPIRICAL, about=draft)
        if said is not None:
            await run.record_score("stated_confidence", said.confidence, how=STATED, about=draft, details=told)
        rows.append({"branch": draft.branch, "answer": answers[draft.branch], "empirical": agreed, **told})
    gaps = [row["stated"] - row["empirical"] for row in rows if row.get("stated") and row["empirical"] is not None]
    await run.record_score("confidence_gap", fmean(gaps) if gaps else None, how=GAP, details={"samples": rows})


def _told(said: Stated) -> dict[str, Any]:
    """Return what was said of a sample as plain data; "stated" is 0 where no number could be read."""
    return {
        "stated": said.confidence,
        "rationale": rationale(said.text.text),
        "text": said.text.id,
        "asked": said.asked,
        "appended": said.appended,
    }
