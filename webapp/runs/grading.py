"""Answers and verdicts of generations: metrics for whoever looks, which a method never sees."""

from __future__ import annotations

import asyncio

from storage.records import Generation, Problem
from webapp.analysis.attempts import ANSWERING
from webapp.tasks.graders import grade


async def graded(problem: Problem, generation: Generation) -> Generation:
    """Return the generation with its answer and verdict, if its role is to answer; done in a thread."""
    if generation.role not in ANSWERING:
        return generation
    result = await asyncio.to_thread(grade, problem, generation.text)
    return generation.with_(answer=result.answer, verdict=result.verdict, grader=result.grader)
