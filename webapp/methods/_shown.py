"""Several texts in one prompt: in which order they are shown, and how much of each where not all of it fits."""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_left
from collections.abc import Callable, Sequence

from webapp.engine.protocol import Prompt
from webapp.methods.interface import RunContext

CUT = "…"


def shuffled(count: int, *key: object) -> list[int]:
    """Return 0 to count - 1 in an order that depends on the key alone, on every machine the same."""
    order = list(range(count))
    random.Random(":".join(map(str, key))).shuffle(order)
    return order


def listed(word: str, texts: Sequence[str]) -> str:
    """Return the texts in full under numbered headings: "Attempt 1:", "Attempt 2:"..."""
    return "\n\n".join(f"{word} {number}:\n{text.strip()}" for number, text in enumerate(texts, start=1))


async def fitted(
    run: RunContext, texts: Sequence[str], new_tokens: int, build: Callable[[Sequence[str]], Prompt]
) -> tuple[Prompt, int | None]:
    """Return the prompt that shows the texts, and the characters each was cut to (None: all are whole).

    Where the model's context has no room for the prompt and `new_tokens` after it, all texts keep only their last
    characters, as many for each: answers stand at the end.
    """
    return await asyncio.to_thread(_fit, run, texts, new_tokens, build)


def _fit(
    run: RunContext, texts: Sequence[str], new_tokens: int, build: Callable[[Sequence[str]], Prompt]
) -> tuple[Prompt, int | None]:
    def fits(prompt: Prompt) -> bool:
        return run.room(prompt) >= new_tokens

    def cut(limit: int) -> Prompt:
        return build([_end(text, limit) for text in texts])

    if fits(build(texts)):
        return build(texts), None
    too_long = bisect_left(range(max(map(len, texts))), True, key=lambda limit: not fits(cut(limit)))
    limit = max(0, too_long - 1)
    return cut(limit), limit


def _end(text: str, limit: int) -> str:
    return text if len(text) <= limit else CUT + text[len(text) - limit :]
