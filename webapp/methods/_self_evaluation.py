"""Capability-aware self-evaluation: whether the model expects to do better by starting over (arXiv 2410.02725)."""

from __future__ import annotations

from typing import TypeAlias

from storage.records import Generation
from webapp.methods._common import read_from
from webapp.methods.interface import RunContext
from webapp.tasks.question import Question

Options: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]

START_OVER = "Would you give a better answer if you started over? Answer with one word, Yes or No."
NO_YES: Options = (("No", " No", "no", "NO"), ("Yes", " Yes", "yes", "YES"))
HOW = "P(No) / (P(No) + P(Yes)) of the next token after being asked whether starting over would do better"


async def no_better(
    run: RunContext, question: Question, text: Generation, instruction: str, options: Options, name: str
) -> float:
    """Return the probability that starting over would not be better, and record it under a name.

    The instruction follows the text as a turn of its own that nothing else is drawn from; `options` are the spellings
    of No and of Yes. High means that a further sample is not worth its cost.
    """
    chosen = await run.choose(question.prompt().then(text.text, instruction), options)
    await run.record_score(name, chosen.probabilities[0], how=HOW, about=text, details=read_from(chosen))
    return chosen.probabilities[0]
