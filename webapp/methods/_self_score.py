"""Self-scores: the odds of two letters after the model was asked whether a solution, or its last step, is right.

They stand where a paper has trained reward models, and are called an emulation wherever they do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from storage.records import Generation
from webapp.engine.protocol import OptionProbabilities, Prompt
from webapp.methods._common import read_from
from webapp.methods.interface import RunContext
from webapp.tasks.question import Question

OUTCOME_HOW = "P(A) / (P(A) + P(B)) for '(A) Yes' to 'Is this solution right?': a self-score, no reward model"


class Asking(NamedTuple):
    """What the model is asked about a solution, how its reply begins, and the spellings of yes and no."""

    request: str
    begun: str
    options: tuple[tuple[str, ...], tuple[str, ...]]

    async def answered(self, run: RunContext, question: Question, solution: str) -> OptionProbabilities:
        """Return the odds of yes and no about a solution, or the beginning of one."""
        request = self.request.format(question=question.stated(), solution=solution.strip())
        return await run.choose(Prompt.user(request), self.options, prefix=self.begun)


LETTERS = ("A", " A", "a", "Yes"), ("B", " B", "b", "No")
OUTCOME = Asking(
    "Question: {question}\n\nProposed solution:\n{solution}\n\nIs this solution right?\n(A) Yes\n(B) No",
    "The solution is right: (", LETTERS,
)  # fmt: skip


async def outcome_scores(
    run: RunContext, question: Question, texts: Sequence[Generation], asking: Asking, name: str
) -> list[float]:
    """Return how right the model finds each text, and record it under a name."""
    found = await asyncio.gather(*(asking.answered(run, question, text.text) for text in texts))
    for text, chosen in zip(texts, found, strict=True):
        await run.record_score(name, chosen.probabilities[0], how=OUTCOME_HOW, about=text, details=read_from(chosen))
    return [chosen.probabilities[0] for chosen in found]
