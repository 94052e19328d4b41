"""Whether a server reads and writes token ids, and what it can do then."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from webapp.engine.plain import plain
from webapp.engine.remote.client import Client
from webapp.engine.remote.facts import Facts
from webapp.engine.remote.ids_wire import token_id
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
from webapp.engine.remote.reading import read_vocabulary, tokenized
from webapp.engine.remote.text_wire import turns
from webapp.engine.remote.vocabulary import Vocabulary

IDS = {"return_token_ids": True, "return_tokens_as_token_ids": True}


async def ids_facts(client: Client, facts: Facts) -> tuple[Facts, Vocabulary] | None:
    """Return what a server can do with token ids; None where it does not know them.

    Raises:
        EngineError: when it breaks off.

    """
    rendered = await tried(tokenized(client, {"model": facts.model, "messages": turns(HELLO)}))
    bare = {"model": facts.model, "prompt": plain(HELLO)}
    ids = rendered or await tried(tokenized(client, bare))
    if ids is None or await _spoken(client, facts, ids[0]) is None:
        return None
    vocabulary = await tried(read_vocabulary(client, facts.model))
    if vocabulary is None:
        return None
    return await _found(client, replace(facts, speech="ids", template=rendered is not None), ids[0]), vocabulary


async def _spoken(client: Client, facts: Facts, ids: list[int]) -> list[int] | None:
    """Return the token ids of an answer to token ids, None where it has none."""
    body = {"model": facts.model, "prompt": ids, "max_tokens": 1, **IDS}
    answer = await tried(client.ask("/completions", body))
    return _ids(answer)[0] if answer is not None else None


async def _found(client: Client, facts: Facts, ids: list[int]) -> Facts:
    async def ask(fields: Mapping[str, Any]) -> dict[str, Any]:
        body = {"model": facts.model, "prompt": ids, "max_tokens": SHORT, **IDS}
        return await client.ask("/completions", {**body, **extras, **fields})

    async def once(fields: Mapping[str, Any]) -> dict[str, Any]:
        return await ask({"max_tokens": 1, "logprobs": top, **fields})

    extras: dict[str, Any] = {}
    extras = await neutral(ask)
    top = await _most(ask)
    own = top > 0 and await own_logprobs(once, _best)
    known = top if own else 0
    scored, cut, seeded, many = await asyncio.gather(
        tried(ask({"max_tokens": 1, "prompt_logprobs": known})),
        truncations(ask, _ids),
        seeds(lambda fields: ask({"max_tokens": LONG, **fields}), _ids),
        tried(ask({"n": 2, "temperature": 1.0})),
    )
    scores = own and scored is not None and len(scored["choices"][0].get("prompt_logprobs") or ()) == len(ids)
    absent = missing(template=facts.template, logprobs=own, scores=scores, continues=True, cooled=top > 0 and not own)
    return replace(
        facts,
        logprobs=own,
        top=known,
        many=many is not None and len(many["choices"]) == 2,
        continues="ids",
        scores=scores,
        truncations=cut,
        seeds=seeded,
        extras=extras,
        absent={**facts.absent, **absent},
    )


async def _most(ask: Any) -> int:
    """Return how many alternatives the server tells; 0 where it tells none."""
    for top in TOPS:
        answer = await tried(ask({"max_tokens": 1, "logprobs": top}))
        if answer is not None:
            return top if (answer["choices"][0].get("logprobs") or {}).get("top_logprobs") else 0
    return 0


def _ids(answer: dict[str, Any]) -> list[list[int] | None]:
    return [choice.get("token_ids") for choice in answer["choices"]]


def _best(answer: dict[str, Any]) -> float:
    """Return the log-probability of the most probable first token."""
    [first, *_] = answer["choices"][0]["logprobs"]["top_logprobs"]
    return max(float(value) for name, value in first.items() if token_id(name) >= 0)
