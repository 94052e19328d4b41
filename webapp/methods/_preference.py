"""Which of two answers the model itself prefers, asked in both orders so that a habit of place cancels out."""

from __future__ import annotations

import asyncio
from typing import Any

from storage.records import Generation
from webapp.engine.protocol import Prompt
from webapp.methods.interface import RunContext
from webapp.tasks.question import Question

COMPARE = (
    "{question}\n\nResponse A:\n{a}\n\nResponse B:\n{b}\n\n"
    "Which of the two responses is better? Answer with the letter A or B alone."
)
A_B = (("A", " A", "a"), ("B", " B", "b"))
HOW = (
    "mean of P(second is better) over both orders of showing two texts, each P(letter) normalised over A and B; the "
    "model judges its own texts"
)


async def preferred(
    run: RunContext, question: Question, first: Generation, second: Generation
) -> tuple[float, dict[str, Any]]:
    """Return how probable it is that the second text is the better one, and what it was read from.

    `orders` holds that probability with the first text shown first, and with the second text shown first.
    """
    forth, back = await asyncio.gather(
        *(run.choose(comparing(question, *shown), A_B) for shown in ((first, second), (second, first)))
    )
    orders = [forth.probabilities[1], back.probabilities[0]]
    return sum(orders) / 2, {
        "orders": orders,
        "captured": [forth.captured, back.captured],
        "prompt_tokens": forth.prompt_tokens + back.prompt_tokens,
        "calls": 2,
    }


def comparing(question: Question, a: Generation, b: Generation) -> Prompt:
    """Return the request to say which of two texts is better."""
    return Prompt.user(COMPARE.format(question=question.stated(), a=a.text.strip(), b=b.text.strip()))
