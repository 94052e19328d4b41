"""Reflexion: try, be judged, reflect on the failure, and try again with the reflections in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pydantic import Field

from storage.records import Generation
from webapp.engine.protocol import Prompt
from webapp.methods._common import Example, each_corrected, few_shot
from webapp.methods._verdicts import verdict
from webapp.methods.interface import Answer, MethodParams, RunContext
from webapp.methods.registry import method
from webapp.tasks.question import Question

Evaluator: TypeAlias = Literal["self", "oracle"]
Strategy: TypeAlias = Literal["reflections", "last attempt", "last attempt and reflection", "none"]

EVALUATE = (
    "Decide whether this attempt solves the task. Check its facts and calculations, then end with a line of its own: "
    "'Verdict: correct' or 'Verdict: incorrect'."
)
REFLECT = (
    "This attempt failed. In a few sentences, say what most likely went wrong in it, and make a short plan for the "
    "next attempt that avoids that mistake. Do not solve the task here."
)
ATTEMPT = "Task: {question}\n\nAttempt:\n{attempt}\n\n{request}"
JUDGED = "Task: {question}\n\nAttempt:\n{attempt}\n\nEvaluation: {said}\n\n{request}"
INCORRECT = "The answer is incorrect."  # all that the oracle lets the reflection know

# Worked examples of our own: an attempt that is failed, one that is passed, and what to learn from the first.
PENCILS = "Tom has 3 boxes of 6 pencils and gives 4 pencils away. How many pencils are left?"
WRONG = "He has 3 + 6 = 9 pencils. 9 - 4 = 5.\nAnswer: 5"
WHY_WRONG = "3 boxes of 6 pencils are 3 * 6 = 18 pencils, not 3 + 6 = 9.\nVerdict: incorrect"
EVALUATIONS: tuple[Example, ...] = (
    (ATTEMPT.format(question=PENCILS, attempt=WRONG, request=EVALUATE), WHY_WRONG),
    (
        ATTEMPT.format(
            question="Which is heavier, 1 kg of iron or 2 kg of wool?", attempt="2 kg is more.\nAnswer: wool",
            request=EVALUATE,
        ),
        "2 kg are more than 1 kg, and the 2 kg are the wool.\nVerdict: correct",
    ),
)  # fmt: skip
REFLECTION: Example = (
    JUDGED.format(question=PENCILS, attempt=WRONG, said=WHY_WRONG, request=REFLECT),
    "I added the boxes to the pencils, although every box holds 6 of them. Next time I first work out how many "
    "pencils are in all boxes together, and only then take away those that he gives away.",
)
REMEMBERED = "You tried to answer the question below before, and failed. Your notes for this time:\n{notes}"
PREVIOUS = "You tried to answer the question below before, and failed. Your last attempt:\n{attempt}"

PASSED = "1: the evaluator passed this attempt, 0: it failed it; unknown where it states no verdict, which is no pass"
TRIALS = "attempts that were made from this draft, the first one included"
# Reflections that an attempt may have in view at most, before the memory's own bound.
KEPT: dict[Strategy, int] = {"reflections": 3, "last attempt": 0, "last attempt and reflection": 1, "none": 0}


class ReflexionParams(MethodParams):
    """Who judges the attempts, how many there are, and what the next one knows of the last."""

    evaluator: Evaluator = Field(
        "self", title="Evaluator",
        description="self: the model judges each attempt in words. oracle: the reference answer decides whether to "
        "try again, as in the authors' HotpotQA runs; such a run is marked and measures something else.",
    )  # fmt: skip
    trials: int = Field(
        3, ge=1, le=8, title="Most attempts",
        description="Attempts in all, the first one included (paper: it ends after 3 failures in a row).",
    )  # fmt: skip
    strategy: Strategy = Field(
        "reflections", title="Next attempt sees",
        description="reflections: those on the failed attempts, not the attempts. last attempt, or both with the "
        "newest reflection, and none are the authors' ablations.",
    )  # fmt: skip
    memory: int = Field(
        3, ge=1, le=3, title="Reflections kept", description="The newest ones; older are forgotten (paper: 1 to 3)."
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """What the evaluator said of an attempt: passed (None: no verdict), its words, and the text they stand in."""

    passed: bool | None
    said: str
    text: Generation | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """An attempt, its evaluation, the reflection on it if there is one, and the reflections that it had in view."""

    attempt: Generation
    judged: Judged
    reflection: Generation | None
    remembered: tuple[Generation, ...]


@method(
    title="Reflexion",
    family="revise",
    paper="2303.11366",
    needs={"generate"},
    faithful="variant",
    faithful_note="Actor, evaluator and reflection with a short memory, for questions that are reasoned through in "
    "one text. The evaluator is the model's own verdict in words, one of the kinds the paper uses for its household "
    "tasks; its question answering asks the reference answer instead, which is the oracle setting here. Its agents "
    "with tools and its self-written unit tests are not here. The authors draw at temperature 0 and give several "
    "worked examples; here two of our own come before an evaluation and one before a reflection.",
    takes_inputs=True,
    cost="For each of n samples up to T attempts, an evaluation of each and T - 1 reflections: at most n (3 T - 1) "
    "calls, n (2 T - 1) with the oracle, which costs none.",
    reported="GPT-4, HumanEval 80.1 → 91.0 %, in Rust 60.0 → 68.0; MBPP in Python 80.1 → 77.1 %: worse. Of the 50 "
    "hardest Rust tasks 0.60 without reflection as well as without any of it, 0.68 with all. CorrectBench (arXiv "
    "2510.16062), mean change over 11 models: without tools HotpotQA -11.24, GSM8K -18.82, AQUA -12.90 points; with "
    "the oracle and search HotpotQA +7.22, AQUA +7.00, MATH +6.24.",
    unverified="CorrectBench's numbers are from notes on it; its script without tools is not in its repository.",
)
async def reflexion(run: RunContext, question: Question, p: ReflexionParams) -> Answer:
    """Attempt, be judged, write down what went wrong, and attempt again from the start with that in mind.

    A new attempt is a fresh conversation: it sees the question and the newest reflections, never the old attempts or
    what was said about them. It ends when the evaluator passes an attempt, or after the last one, which then counts.
    A verdict that cannot be read is no pass.

    A model that cannot tell right from wrong passes its mistakes and rewrites its right answers. With the oracle the
    reference decides whether to try again: that measures what a perfect judge would gain, and the run is marked. A
    small model may repeat the reflection of the worked example instead of its own.
    """
    histories: dict[int, list[Trial]] = {}

    async def retried(draft: Generation) -> Generation:
        attempt, memory, trials = draft, tuple[Generation, ...](), list[Trial]()
        for number in range(1, p.trials + 1):
            judged = await _evaluated(run, question, p, attempt, number)
            if judged.passed or number == p.trials:
                break
            reflection = await _reflected(run, question, attempt, judged, number) if KEPT[p.strategy] else None
            trials.append(Trial(attempt, judged, reflection, memory))
            memory = _remembered(p, memory, reflection)
            attempt = await _next(run, question, p, attempt, memory, number)
        histories[draft.branch] = [*trials, Trial(attempt, judged, None, memory)]
        return attempt

    answer = await each_corrected(run, question, retried)
    for branch in sorted(histories):
        await _record(run, p, histories[branch])
    return answer


def evaluating(question: Question, attempt: str) -> Prompt:
    """Return the request for a verdict on an attempt, in a conversation of its own, after worked examples."""
    request = ATTEMPT.format(question=question.stated(), attempt=attempt.strip(), request=EVALUATE)
    return few_shot(EVALUATIONS, request)


def reflecting(question: Question, attempt: str, said: str) -> Prompt:
    """Return the request for a reflection on a failed attempt, with what the evaluator said of it."""
    request = JUDGED.format(question=question.stated(), attempt=attempt.strip(), said=said.strip(), request=REFLECT)
    return few_shot((REFLECTION,), request)


def retrying(question: Question, p: ReflexionParams, attempt: str, memory: Sequence[str]) -> Prompt:
    """Return the question as it was first asked, after what the strategy lets the next attempt know."""
    parts = []
    if p.strategy in ("last attempt", "last attempt and reflection"):
        parts.append(PREVIOUS.format(attempt=attempt.strip()))
    if memory:
        notes = "\n".join(f"- {' '.join(reflection.split())}" for reflection in memory)
        parts.append(REMEMBERED.format(notes=notes))
    return Prompt.user("\n\n".join([*parts, question.prompt().messages[-1].content]))


async def _evaluated(
    run: RunContext, question: Question, p: ReflexionParams, attempt: Generation, number: int
) -> Judged:
    if p.evaluator == "oracle":
        right = await asyncio.to_thread(_right, run, attempt.text)
        return Judged(right, "The answer is correct." if right else INCORRECT)
    text = await run.sample(
        evaluating(question, attempt.text),
        role="evaluation", label=f"evaluation-{number}", branch=attempt.branch, round=number, parents=[attempt],
    )  # fmt: skip
    return Judged(verdict(text.text), text.text, text)


def _right(run: RunContext, text: str) -> bool:
    return run.oracle.correct(run.extract(text), why="stop")


async def _reflected(
    run: RunContext, question: Question, attempt: Generation, judged: Judged, number: int
) -> Generation:
    return await run.sample(
        reflecting(question, attempt.text, judged.said),
        role="critique", label=f"reflection-{number}", branch=attempt.branch, round=number,
        parents=[attempt, *([judged.text] if judged.text else [])],
    )  # fmt: skip


def _remembered(
    p: ReflexionParams, memory: tuple[Generation, ...], reflection: Generation | None
) -> tuple[Generation, ...]:
    return memory if reflection is None else (*memory, reflection)[-min(p.memory, KEPT[p.strategy]) :]


async def _next(
    run: RunContext,
    question: Question,
    p: ReflexionParams,
    attempt: Generation,
    memory: Sequence[Generation],
    number: int,
) -> Generation:
    return await run.sample(
        retrying(question, p, attempt.text, [reflection.text for reflection in memory]),
        role="revision", label=f"attempt-{number + 1}", branch=attempt.branch, round=number,
        parents=[attempt, *memory],
    )  # fmt: skip


async def _record(run: RunContext, p: ReflexionParams, trials: Sequence[Trial]) -> None:
    for trial in trials:
        passed = None if trial.judged.passed is None else float(trial.judged.passed)
        await run.record_score("trial_passed", passed, how=PASSED, about=trial.attempt)
    details = {"evaluator": p.evaluator, "strategy": p.strategy, "trials": [_told(trial) for trial in trials]}
    await run.record_score("reflexion_trials", len(trials), how=TRIALS, about=trials[-1].attempt, details=details)


def _told(trial: Trial) -> dict[str, Any]:
    """Return a trial as plain data: the ids of its texts, and what was said of it."""
    return {
        "attempt": trial.attempt.id, "passed": trial.judged.passed, "said": trial.judged.said,
        "evaluation": trial.judged.text and trial.judged.text.id,
        "reflection": trial.reflection and trial.reflection.id, "remembered": [each.id for each in trial.remembered],
    }  # fmt: skip
