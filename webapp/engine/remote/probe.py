"""What asking for a few tokens shows of a server, whatever way it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from webapp.engine.protocol import Capability, Message
from webapp.engine.remote.errors import Refused
from webapp.engine.remote.facts import Truncation

T = TypeVar("T")
Asked: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]]  # further fields -> the answer
Spelled: TypeAlias = Callable[[dict[str, Any]], object]  # an answer -> what it says, to be compared

HELLO = (Message("user", "Name a colour, an animal and a town."),)
TOPS = (20, 10, 5, 2, 1)  # how many alternatives servers allow
HOT = 2.0  # a temperature at which no two samples are alike by chance
SHORT, LONG = 4, 12  # tokens
SHIFT = 0.05  # nats
NEUTRAL: tuple[dict[str, Any], ...] = (
    {"top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0},
    {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0},
    {},
)


async def tried(call: Awaitable[T]) -> T | None:
    """Return what a call answers, None where the server refuses it."""
    try:
        return await call
    except Refused:
        return None


async def neutral(ask: Asked) -> dict[str, Any]:
    """Return the fields that keep a server's own ways of drawing out, as far as it takes them."""
    for extras in NEUTRAL[:-1]:
        if await tried(ask(extras)) is not None:
            return extras
    return NEUTRAL[-1]


async def truncations(ask: Asked, spelled: Spelled) -> frozenset[Truncation]:
    """Return the ways of cutting the distribution that leave a hot draw nothing but the most probable token."""
    greedy, *cut = await asyncio.gather(
        tried(ask({"temperature": 0.0})),
        tried(ask({"temperature": HOT, "top_k": 1})),
        tried(ask({"temperature": HOT, "min_p": 1.0})),
    )
    names: tuple[Truncation, ...] = ("top_k", "min_p")
    if greedy is None:
        return frozenset()
    followed = zip(names, cut, strict=True)
    return frozenset(name for name, said in followed if said is not None and spelled(said) == spelled(greedy))


async def seeds(ask: Asked, spelled: Spelled) -> bool:
    """Say whether the same seed gives the same hot draw."""
    settings = {"temperature": HOT, "seed": 7}
    first, second = await asyncio.gather(tried(ask(settings)), tried(ask(settings)))
    return first is not None and second is not None and spelled(first) == spelled(second)


async def own_logprobs(ask: Asked, best: Callable[[dict[str, Any]], float]) -> bool:
    """Say whether the probabilities told are the model's own, whatever the temperature."""
    cold, hot = await asyncio.gather(ask({"temperature": 1.0}), ask({"temperature": HOT}))
    return abs(best(cold) - best(hot)) < SHIFT


def missing(
    *, template: bool, logprobs: bool, scores: bool, continues: bool, cooled: bool = False
) -> dict[Capability, str]:
    """Return why capabilities are not there, as far as asking showed."""
    probabilities = (
        "the server tells probabilities after the temperature, not the model's own"
        if cooled
        else "the server tells no log-probabilities"
    )
    reasons: dict[Capability, tuple[bool, str]] = {
        "chat": (template, "the model has no chat template"),
        "top_k": (logprobs, probabilities),
        "choose": (logprobs, probabilities),
        "score": (scores, "the server tells no log-probabilities of given texts"),
        "continue": (continues, "the server cannot go on with a message that has begun"),
    }
    return {name: reason for name, (there, reason) in reasons.items() if not there}
