"""CoVe: check a draft by questions that are answered where the draft cannot be seen, then rewrite it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from pydantic import Field

from storage.records import Generation
from webapp.engine.protocol import Prompt
from webapp.methods._common import Example, asked, each_corrected, few_shot
from webapp.methods._verdicts import verdict
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Reading: TypeAlias = Literal["paper", "CorrectBench"]
Variant: TypeAlias = Literal["factored", "factor+revise"]
Dropped: TypeAlias = Literal["", "leading", "quotes the draft", "one too many"]

PLAN = (
    "Write questions that check the facts and calculations in this answer, each on a line of its own and numbered: "
    "'1. ...?'. Whoever answers them sees neither the answer nor what it was given to, so every question must make "
    "sense by itself. Ask openly (what, which, how many), never whether something is so."
)
PLANNED: dict[Reading, str] = {
    "paper": "Question: {question}\n\nAnswer:\n{draft}\n\n{plan}",
    "CorrectBench": "Answer:\n{draft}\n\n{plan}",
}
# Two worked examples of our own: a question, a draft with a mistake, and what to ask about it.
EXAMPLES: tuple[tuple[str, str, str], ...] = (
    (
        "Tom has 3 boxes of 6 pencils and gives 4 pencils away. How many pencils are left?",
        "He has 3 + 6 = 9 pencils. 9 - 4 = 5.\nAnswer: 5",
        "1. How many pencils are there in 3 boxes of 6 pencils?\n2. What is 9 - 4?",
    ),
    (
        "Name two moons of Mars.",
        "Phobos and Titan are moons of Mars.\nAnswer: Phobos and Titan",
        "1. Which planet does Phobos orbit?\n2. Which planet does Titan orbit?",
    ),
)
VERIFY = "Answer this question on its own, in a sentence or two.\n\n{question}"
ABOUT = "It is about this problem:\n{problem}\n\n"
CROSS_CHECK = (
    "Question: {question}\n\nAnswer:\n{draft}\n\nSomebody who had not seen that answer was asked: {asked}\n"
    "They said:\n{said}\n\nDoes the answer agree with what they said? Say in a sentence where it does or does not, "
    "then end with a line of its own, either 'Label: consistent' or 'Label: inconsistent'."
)
COMPARED: tuple[Example, ...] = (
    (
        CROSS_CHECK.format(
            question=EXAMPLES[0][0], draft=EXAMPLES[0][1], said="3 boxes of 6 pencils are 18 pencils.",
            asked="How many pencils are there in 3 boxes of 6 pencils?",
        ),
        "The answer counts 9 pencils in the boxes, they said 18.\nLabel: inconsistent",
    ),
    (
        CROSS_CHECK.format(
            question=EXAMPLES[1][0], draft=EXAMPLES[1][1], said="Phobos orbits Mars.",
            asked="Which planet does Phobos orbit?",
        ),
        "Both have Phobos as a moon of Mars.\nLabel: consistent",
    ),
)  # fmt: skip
REVISED = "Question: {question}\n\nFirst answer:\n{draft}\n\nChecks, made without seeing it:\n{checks}\n\n{revise}"
REVISE = "Write the final answer to the question. Correct what the checks contradict, and keep what they confirm."

NUMBERED = re.compile(r"^\W*\d+\s*[.):]\W*(?P<question>[^\n]*\?)", re.MULTILINE)
AS_IN_REPOSITORY = re.compile(r"\d+\.\s*(?P<question>[^\n]*?\?)")
LEADING = re.compile(
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)(?:n't)?\b",
    re.IGNORECASE,
)
HOW = "questions about the draft that were answered, each in a context of its own that does not hold the draft"


class CoVeParams(MethodParams):
    """Which reading of the method, and which questions are put."""

    reading: Reading = Field(
        "paper", title="Reading",
        description="paper: questions are planned from question and draft; without any the draft stands. "
        "CorrectBench: as in that benchmark's code, they are planned from the draft alone, leading ones are put too, "
        "and the answer is rewritten even where nothing could be verified.",
    )  # fmt: skip
    variant: Variant = Field(
        "factored", title="Variant",
        description="factor+revise: a further call for each question labels whether the draft agrees with what was "
        "answered, before it is rewritten.",
    )  # fmt: skip
    most_questions: int = Field(
        5, ge=1, le=20, title="Most questions", description="Questions that are answered for each draft."
    )
    keep_leading: bool = Field(
        False, title="Put leading questions",
        description="Whether questions to be answered yes or no are put too: models tend to agree with them.",
    )  # fmt: skip
    show_problem: bool = Field(
        False, title="Show the problem",
        description="Whether the problem is shown with each question, never the draft or what an earlier stage of a "
        "mixture said. Ours: the paper's questions are about facts, those about a word problem rarely make sense "
        "without it.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """A question of the plan, and why it is not put to the model (empty: it is)."""

    question: str
    dropped: Dropped


@dataclass(frozen=True, slots=True)
class Check:
    """What was answered to a question, and with factor+revise whether the draft agrees (None: no label is stated)."""

    question: str
    answer: Generation
    label: Generation | None = None
    consistent: bool | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """A draft, the plan of its questions, the answers to those that were put, and what it became."""

    draft: Generation
    plan: Generation
    planned: Sequence[Planned]
    checks: Sequence[Check]
    final: Generation


@method(
    title="CoVe",
    family="revise",
    paper="2309.11495",
    needs={"generate"},
    faithful="variant",
    faithful_note="The paper's factored variant: plan, answers in fresh contexts, revision; factor+revise adds its "
    "cross-check. The paper works with few-shot prompts and greedy decoding; here two worked examples of our own "
    "come before the plan and before a cross-check, in chat form, and none elsewhere. Leading questions and "
    "questions that quote the whole draft are dropped and shown as dropped. The CorrectBench setting follows that "
    "benchmark's code, but for its concise first answer (all methods start from the same drafts), an unlimited "
    "number of questions, and its silence about answers that nothing was verified in.",
    takes_inputs=True,
    cost="For each of n samples a draft, a plan, an answer to each of q questions and a revision: n (3 + q) calls; "
    "with factor+revise n (3 + 2 q).",
    reported="CorrectBench (arXiv 2510.16062), mean change against a plain prompt over 11 models: GPQA +18.85, AQUA "
    "+9.89, HumanEval +4.25 points; Claude 3.5 Sonnet corrects 40.8 % of its wrong answers and breaks 7.5 % of its "
    "right ones.",
    unverified="CorrectBench's numbers are from notes on it. Of the paper from memory only: precision on Wikidata "
    "lists 0.17 → 0.36, F1 on MultiSpanQA 0.39 → 0.48, FActScore of biographies 55.9 → 71.4 (factor+revise). How "
    "many questions it plans is not known to us: the limit is ours.",
)
async def cove(run: RunContext, question: Question, p: CoVeParams) -> Answer:
    """Draft an answer, ask what would show it wrong, answer those questions without seeing it, then rewrite it.

    Each question is answered in a fresh conversation that holds nothing else, so a mistake of the draft cannot be
    repeated because it stands there. The revision sees the question, the draft and all questions with their answers.
    Where no question can be read from the plan, nothing is verified, and the run says so.

    A small model answers its own questions no better than the first one; then the checks mislead as often as not.
    """
    found: dict[int, Verified] = {}

    async def correct(draft: Generation) -> Generation:
        found[draft.branch] = await _verified(run, question, p, draft)
        return found[draft.branch].final

    answer = await each_corrected(run, question, correct)
    in_order = [found[branch] for branch in sorted(found)]
    for each in in_order:
        await _record(run, p, each)
    return replace(answer, note=f"{_nothing_verified(in_order, p.reading)} {answer.note}".strip())


async def _verified(run: RunContext, question: Question, p: CoVeParams, draft: Generation) -> Verified:
    plan = await run.sample(
        planning(question, draft.text, p.reading),
        role="question", label="plan", branch=draft.branch, round=1, parents=[draft],
    )  # fmt: skip
    planned = questions(plan.text, draft.text, p)
    put = [each.question for each in planned if not each.dropped]
    checks = await asyncio.gather(*(_checked(run, question, p, draft, plan, i, q) for i, q in enumerate(put, 1)))
    stands = p.reading == "paper" and not checks
    final = draft if stands else await _revised(run, question, draft, plan, checks)
    return Verified(draft, plan, planned, checks, final)


def planning(question: Question, draft: str, reading: Reading) -> Prompt:
    """Return the request for verification questions, after worked examples; CorrectBench's shows the draft alone."""

    def request(asked_for: str, answer: str) -> str:
        return PLANNED[reading].format(question=asked_for, draft=answer.strip(), plan=PLAN)

    examples: tuple[Example, ...] = tuple((request(q, a), plan) for q, a, plan in EXAMPLES)
    return few_shot(examples, request(question.stated(), draft))


def questions(plan: str, draft: str, p: CoVeParams) -> list[Planned]:
    """Return the questions of a plan in order, each with why it is not put.

    The paper's reading takes numbered lines up to their last question mark, each once; CorrectBench's whatever stands
    between a number with a dot and the next question mark.
    """
    pattern = NUMBERED if p.reading == "paper" else AS_IN_REPOSITORY
    found = [match["question"].strip() for match in pattern.finditer(plan)]
    told: list[Planned] = []
    for each in dict.fromkeys(found) if p.reading == "paper" else found:
        room = sum(not other.dropped for other in told) < p.most_questions
        told.append(Planned(each, _why_not(each, draft, p) or ("" if room else "one too many")))
    return told


def _why_not(question: str, draft: str, p: CoVeParams) -> Dropped:
    if draft.strip() and _holds(_words(question), _words(draft)):
        return "quotes the draft"  # it would carry the draft into the context that must not hold it
    leading = p.reading == "paper" and not p.keep_leading and LEADING.match(question)
    return "leading" if leading else ""


def _holds(text: str, part: str) -> bool:
    """Return whether the part stands in the text as words of its own: "14" does not hold "4"."""
    return re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text) is not None


def _words(text: str) -> str:
    return " ".join(text.casefold().split())


async def _checked(
    run: RunContext, question: Question, p: CoVeParams, draft: Generation, plan: Generation, number: int, put: str
) -> Check:
    """Answer one question where the draft is not seen; with factor+revise compare the draft with that afterwards."""
    # what an earlier stage of a mixture said to the problem is a draft as well
    problem = replace(question, earlier="").stated()
    about = ABOUT.format(problem=problem) if p.show_problem else ""
    answer = await run.sample(
        Prompt.user(VERIFY.format(question=about + put)),
        role="verification", label=f"verification-{number}", branch=draft.branch, round=1, parents=[plan],
    )  # fmt: skip
    if p.variant == "factored":
        return Check(put, answer)
    request = CROSS_CHECK.format(
        question=question.stated(), draft=draft.text.strip(), asked=put, said=answer.text.strip()
    )
    label = await run.sample(
        few_shot(COMPARED, request),
        role="evaluation", label=f"cross-check-{number}", branch=draft.branch, round=1, parents=[draft, answer],
    )  # fmt: skip
    return Check(put, answer, label, verdict(label.text, "label", "consistent"))


async def _revised(
    run: RunContext, question: Question, draft: Generation, plan: Generation, checks: Sequence[Check]
) -> Generation:
    told = [part for check in checks for part in (check.answer, check.label) if part is not None]
    return await run.sample(
        revising(question, draft.text, checks),
        role="revision", label="revision-1", branch=draft.branch, round=1, parents=[draft, plan, *told],
    )  # fmt: skip


def revising(question: Question, draft: str, checks: Sequence[Check]) -> Prompt:
    """Return the request for the final answer: question, draft, and every question with its answer and its label."""
    listed = "\n".join(f"{number}. {_told(check)}" for number, check in enumerate(checks, start=1))
    request = REVISED.format(
        question=question.stated(), draft=draft.strip(), checks=listed, revise=asked(question, REVISE)
    )
    return Prompt.user(request)


def _told(check: Check) -> str:
    labels = {True: "\nThe first answer is consistent with this.", False: "\nThe first answer contradicts this."}
    label = "" if check.consistent is None else labels[check.consistent]
    return f"{check.question}\n{check.answer.text.strip()}{label}"


def _nothing_verified(found: Sequence[Verified], reading: Reading) -> str:
    samples = ", ".join(str(each.draft.branch + 1) for each in found if not each.checks)
    then = "stands as it is" if reading == "paper" else "was rewritten without any check"
    return f"No question could be put about sample {samples}: nothing was verified, and it {then}." if samples else ""


async def _record(run: RunContext, p: CoVeParams, found: Verified) -> None:
    made = iter(found.checks)
    details = {
        "reading": p.reading, "variant": p.variant, "draft": found.draft.id, "plan": found.plan.id,
        "revision": None if found.final is found.draft else found.final.id,
        "questions": [_row(each, None if each.dropped else next(made)) for each in found.planned],
    }  # fmt: skip
    await run.record_score("verification_questions", len(found.checks), how=HOW, about=found.final, details=details)


def _row(planned: Planned, check: Check | None) -> dict[str, Any]:
    return {
        "question": planned.question, "dropped": planned.dropped,
        "answer": check and check.answer.id, "label": check and check.label and check.label.id,
        "consistent": check and check.consistent,
    }  # fmt: skip
