"""From an address to an engine: asks the server what it is and what it can do, and believes only what it saw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from webapp.engine.protocol import Capability, EngineError
from webapp.engine.remote.address import Address
from webapp.engine.remote.client import Client
from webapp.engine.remote.engine import RemoteEngine
from webapp.engine.remote.errors import Refused, unreadable
from webapp.engine.remote.facts import Facts
from webapp.engine.remote.patience import Patience
from webapp.engine.remote.probe import tried
from webapp.engine.remote.probe_ids import ids_facts
from webapp.engine.remote.probe_text import text_facts
from webapp.engine.remote.vocabulary import Vocabulary

AT_CONNECT = 2  # attempts: whoever waits for a connection wants to hear soon that there is none
SILENCE = 60.0  # seconds without a byte at that time; a server that has just started may have to compile
TOLD_EVERY = 1.0  # seconds
LISTED = 12  # models in a sentence


def connected(
    address: Address,
    key: str = "",
    *,
    max_batch: int = 0,
    patience: Patience | None = None,
    progress: Callable[[str], None] = lambda sentence: None,
) -> RemoteEngine:
    """Ask a server what it can do and return an engine on it; blocks, so call it in a thread.

    `progress` is told what is being asked, at least once a second; what it raises ends the asking.

    Raises:
        EngineError: when the server cannot be reached, refuses the key, or does not have the model.

    """
    patience = patience or Patience()
    facts, vocabulary = asyncio.run(_asked(address, key, patience, progress))
    # Connections belong to the event loop that made them, so the engine gets a client of its own.
    return RemoteEngine(Client(address, key, patience), facts, vocabulary, max_batch=max_batch)


async def listed(address: Address, key: str = "", patience: Patience | None = None) -> list[str]:
    """Return the names of a server's models.

    Raises:
        EngineError: as `connected`.

    """
    client = _client(address, key, patience or Patience())
    try:
        return [str(entry["id"]) for entry in await _models(client)]
    finally:
        await client.close()


async def _asked(
    address: Address, key: str, patience: Patience, progress: Callable[[str], None]
) -> tuple[Facts, Vocabulary]:
    doing = [f"Asking {address.base} for its models."]
    task = asyncio.create_task(_found(_client(address, key, patience), doing.append))
    try:
        while True:
            progress(doing[-1])
            await asyncio.wait({task}, timeout=TOLD_EVERY)
            if task.done():
                return task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _found(client: Client, tell: Callable[[str], None]) -> tuple[Facts, Vocabulary]:
    address = client.address
    try:
        entry = _picked(await _models(client), address)
        facts = Facts(
            model=str(entry["id"]),
            software=await _software(client, entry),
            context=_context(entry),
            absent=OUT_OF_REACH,
        )
        tell(f"Asking {address.base} what it can do.")
        return await ids_facts(client, facts) or await text_facts(client, facts)
    finally:
        await client.close()


def _client(address: Address, key: str, patience: Patience) -> Client:
    silence, attempts = min(patience.silence, SILENCE), min(patience.attempts, AT_CONNECT)
    return Client(address, key, replace(patience, silence=silence, attempts=attempts))


async def _models(client: Client) -> list[dict[str, Any]]:
    try:
        data = (await client.get("/models")).get("data")
    except Refused as refusal:
        if refusal.status in (401, 403):
            raise
        raise EngineError(f"{client.address.base} is no model server: it lists no models.") from refusal
    if not isinstance(data, list) or not all(isinstance(each, dict) and each.get("id") for each in data):
        raise unreadable(client.address)
    return data


def _picked(models: list[dict[str, Any]], address: Address) -> dict[str, Any]:
    named = [entry for entry in models if not address.model or entry["id"] == address.model]
    if len(named) == 1:
        return named[0]
    names = ", ".join(str(entry["id"]) for entry in models[:LISTED]) + (", ..." if len(models) > LISTED else "")
    if not models:
        raise EngineError(f"{address.base} has no model.")
    if address.model:
        raise EngineError(f"{address.base} has no model {address.model}; it has {names}.")
    raise EngineError(f"{address.base} has several models; add one behind a #: {names}.")


async def _software(client: Client, entry: dict[str, Any]) -> str:
    """Return what the server says it is; only vLLM is known to tell its version."""
    owner = str(entry.get("owned_by") or "")
    version = await tried(client.get(f"{client.address.root}/version")) if owner == "vllm" else None
    number = (version or {}).get("version")
    return f"vLLM {number}" if number else owner


def _context(entry: dict[str, Any]) -> int:
    """Return how many tokens the model reads, where vLLM and SGLang, or llama.cpp, write it; 0 for unknown."""
    about = entry.get("meta")
    found = entry.get("max_model_len") or (about.get("n_ctx") if isinstance(about, dict) else None)
    return found if isinstance(found, int) and found > 0 else 0


OUT_OF_REACH: dict[Capability, str] = {
    "embed": "a server does not tell the model's inner states",
    "hidden": "a server does not tell the model's inner states",
    "full_vocabulary": "a server tells the most probable tokens only",
    "steer": "a server draws by itself",
    "vectors": "a server reads tokens only",
    "gradient": "a server does not tell the model's inner states",
}
