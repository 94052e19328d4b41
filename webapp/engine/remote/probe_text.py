"""What a server of chat completions can do, asked in text."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any, cast

from webapp.engine.protocol import EngineError
from webapp.engine.remote.client import Client
from webapp.engine.remote.errors import Refused
from webapp.engine.remote.facts import Continuation, Facts
from webapp.engine.remote.probe import (
    HELLO,
    LONG,
    SHORT,
    TOPS,
    missing,
    neutral,
    own_logprobs,
    seeds,
    tried,
    truncations,
)
from webapp.engine.remote.text_wire import CONTINUE, apply_template, turns
from webapp.engine.remote.vocabulary import Vocabulary

LIMITS = ("max_tokens", "max_completion_tokens")
BEGUN = "Blue, a"


async def text_facts(client: Client, facts: Facts) -> tuple[Facts, Vocabulary]:
    """Return what a server can do with text.

    Raises:
        EngineError: when it answers no chat at all, or breaks off.

    """
    limit = await _limit(client, facts)

    async def ask(fields: Mapping[str, Any]) -> dict[str, Any]:
        body = {"model": facts.model, "messages": turns(HELLO), limit: SHORT}
        return await client.ask("/chat/completions", {**body, **extras, **fields})

    async def once(fields: Mapping[str, Any]) -> dict[str, Any]:
        return await ask({limit: 1, "logprobs": True, "top_logprobs": top, **fields})

    extras: dict[str, Any] = {}
    extras = await neutral(ask)
    top = await _most(ask, limit)
    own = top > 0 and await own_logprobs(once, _best)
    cut, seeded, many, continues, usage = await asyncio.gather(
        truncations(ask, _texts),
        seeds(lambda fields: ask({limit: LONG, **fields}), _texts),
        tried(ask({"n": 2, "temperature": 1.0})),
        _continues(client, facts, ask, limit),
        tried(_counts(client, facts, limit)),
    )
    absent = missing(
        template=True, logprobs=own, scores=False, continues=continues != "none", cooled=top > 0 and not own
    )
    found = replace(
        facts,
        speech="text",
        logprobs=own,
        top=top if own else 0,
        many=many is not None and len(many["choices"]) == 2,
        continues=continues,
        truncations=cut,
        seeds=seeded,
        usage=bool(usage),
        limit=limit,
        extras=extras,
        absent={**facts.absent, **absent},
    )
    return found, Vocabulary()


async def _limit(client: Client, facts: Facts) -> str:
    """Return the name of the field for the longest answer."""
    refusal: Refused | None = None
    for limit in LIMITS:
        try:
            answer = await client.ask("/chat/completions", {"model": facts.model, "messages": turns(HELLO), limit: 1})
            _texts(answer)
            return limit
        except Refused as error:
            refusal = error
        except (KeyError, TypeError, IndexError):
            break
    raise EngineError(f"{facts.model} at {client.address.base} answers no chat. {refusal or ''}".strip())


async def _most(ask: Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]], limit: str) -> int:
    """Return how many alternatives the server tells; 0 where it tells none."""
    for top in TOPS:
        answer = await tried(ask({limit: 1, "logprobs": True, "top_logprobs": top}))
        if answer is not None:
            content = (answer["choices"][0].get("logprobs") or {}).get("content")
            return top if content and content[0].get("top_logprobs") else 0
    return 0


async def _continues(
    client: Client, facts: Facts, ask: Callable[[Mapping[str, Any]], Awaitable[dict[str, Any]]], limit: str
) -> Continuation:
    """Return how a message that has begun is gone on with.

    A server that goes on with it reads fewer tokens than one that closes it and opens another. One that says nothing
    of either is asked for its template, to be gone on with as a plain completion.
    """
    begun = {"messages": [*turns(HELLO), {"role": "assistant", "content": BEGUN}], limit: 1}
    open_, closed = await asyncio.gather(tried(ask({**begun, **CONTINUE})), tried(ask(begun)))
    counts = [(each or {}).get("usage", {}).get("prompt_tokens") for each in (open_, closed)]
    if all(counts) and counts[0] < counts[1]:
        return "message"
    try:
        rendered = await tried(apply_template(client, facts.model, HELLO))
    except KeyError:
        return "none"
    if rendered is None:
        return "none"
    body = {"model": facts.model, "prompt": rendered + BEGUN, "max_tokens": 1}
    return "none" if await tried(client.ask("/completions", body)) is None else "template"


async def _counts(client: Client, facts: Facts, limit: str) -> bool:
    """Say whether a streamed answer ends with the number of tokens that were read, when asked for it."""
    body = {"model": facts.model, "messages": turns(HELLO), limit: 1, "stream_options": {"include_usage": True}}
    async with aclosing(cast(Any, client.stream("/chat/completions", body))) as chunks:
        return any([(chunk.get("usage") or {}).get("prompt_tokens") async for chunk in chunks])


def _texts(answer: dict[str, Any]) -> list[str]:
    return [str(choice["message"].get("content")) for choice in answer["choices"]]


def _best(answer: dict[str, Any]) -> float:
    """Return the log-probability of the most probable first token."""
    [first, *_] = answer["choices"][0]["logprobs"]["content"]
    return max(float(entry["logprob"]) for entry in first["top_logprobs"])
