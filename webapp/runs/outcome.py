"""What a run concluded, and what its first attempts said."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from storage.records import Generation, Outcome, Problem, VerdictValue
from webapp.analysis.attempts import first_attempt
from webapp.methods.interface import Answer
from webapp.tasks.graders import grade


async def conclude(problem: Problem, answer: Answer, generations: Iterable[Generation]) -> Outcome:
    """Return the outcome of a run that finished; graded in a thread."""
    return await asyncio.to_thread(_conclude, problem, answer, list(generations))


async def begun(problem: Problem, generations: Iterable[Generation]) -> Outcome:
    """Return the outcome of a run that did not finish: what its first attempts said, if they did."""
    first_answer, first_verdict = await asyncio.to_thread(first_attempt, problem, list(generations))
    return Outcome(first_answer=first_answer, first_verdict=first_verdict)


def _conclude(problem: Problem, answer: Answer, generations: Sequence[Generation]) -> Outcome:
    first_answer, first_verdict = first_attempt(problem, generations)
    return Outcome(
        answer=answer.value,
        verdict=_verdict(problem, answer),
        first_answer=first_answer,
        first_verdict=first_verdict,
        votes=answer.votes,
        chosen_generation=None if answer.chosen is None else answer.chosen.id,
        note=answer.note,
    )


def _verdict(problem: Problem, answer: Answer) -> VerdictValue:
    # No answer is given to the grader too: it knows whether that is unparsed or there is nothing to judge.
    return grade(problem, answer.value or "").verdict
