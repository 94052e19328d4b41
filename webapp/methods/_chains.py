"""Chains of reasoning that are scored: their steps, their rewards, and the answers that they give together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from storage.records import Generation, Vote
from webapp.analysis.routing import tenths
from webapp.analysis.steps import split_steps
from webapp.analysis.vote import vote
from webapp.engine.protocol import OptionProbabilities
from webapp.methods._self_score import Asking, outcome_scores
from webapp.methods.interface import RunContext
from webapp.tasks.question import Question

STEPS_HOW = (
    "product over the steps of P(A) / (P(A) + P(B)) for '(A) Yes' to 'Is its last step right?'; 0 if no answer"
)


@dataclass(frozen=True, slots=True)
class Chain:
    """A solution with its answer, its outcome score, and the probability of each of its steps."""

    text: Generation
    answer: str | None
    outcome: float
    steps: tuple[tuple[str, float], ...]

    @property
    def process(self) -> float:
        """The product of the step probabilities; 0 without an answer."""
        return 0.0 if self.answer is None else prod(p for _, p in self.steps)

    @property
    def reward(self) -> float:
        """Outcome score + product of step probabilities, 0 to 2."""
        return self.outcome + self.process

    def shown(self, form: str) -> str:
        """Return its steps in a form that takes each `step` and its score in `tenths`."""
        return "\n".join(form.format(step=step, tenths=tenths(p)) for step, p in self.steps)


async def scored(
    run: RunContext,
    question: Question,
    texts: Sequence[Generation],
    outcome: Asking,
    step: Asking,
    most_steps: int,
) -> list[Chain]:
    """Return texts as chains, asking the model about each as a whole and about each step; record both scores."""
    outcomes, steps = await asyncio.gather(
        outcome_scores(run, question, texts, outcome, "outcome_score"),
        asyncio.gather(*(_steps(run, question, step, split_steps(text.text, most_steps)) for text in texts)),
    )
    answers = [await asyncio.to_thread(run.extract, text.text) for text in texts]
    odds = [tuple((said, chosen.probabilities[0]) for said, chosen in found) for found in steps]
    chains = [Chain(*each) for each in zip(texts, answers, outcomes, odds, strict=True)]
    for chain, found in zip(chains, steps, strict=True):
        details = {
            "steps": [{"text": said, "p": p} for said, p in chain.steps], "calls": len(found),
            "prompt_tokens": sum(chosen.prompt_tokens for _, chosen in found),
        }  # fmt: skip
        await run.record_score("step_score", chain.process, how=STEPS_HOW, about=chain.text, details=details)
    return chains


async def _steps(
    run: RunContext, question: Question, asking: Asking, steps: Sequence[str]
) -> list[tuple[str, OptionProbabilities]]:
    """Return each step with the odds that it is right, asked with all steps up to it in view."""
    begun = ["\n".join(steps[:end]) for end in range(1, len(steps) + 1)]
    odds = await asyncio.gather(*(asking.answered(run, question, beginning) for beginning in begun))
    return list(zip(steps, odds, strict=True))


def grouped(run: RunContext, chains: Sequence[Chain]) -> tuple[Vote, ...]:
    """Return the answers of chains, the most frequent first; the branches of each are places in the sequence.

    Comparing formulas can take seconds, so call it in a thread.
    """
    return vote({place: chain.answer for place, chain in enumerate(chains)}, run.same)
