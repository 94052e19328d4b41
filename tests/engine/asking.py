"""Short ways of asking an engine in tests."""

from __future__ import annotations

from typing import Any

from webapp.engine.local import ME, LocalEngine
from webapp.engine.protocol import Caller, EngineEvent, Generated, Prompt, Sampling

QUESTION = Prompt.user("What is the capital of Australia? Say why it was chosen.")


async def events(
    engine: LocalEngine, prompt: Prompt = QUESTION, n: int = 1, caller: Caller = ME, **settings: Any
) -> list[EngineEvent]:
    """Return every event of one call."""
    return [event async for event in engine.generate([prompt], Sampling(**settings), n=n, caller=caller)]


async def samples(
    engine: LocalEngine, prompt: Prompt = QUESTION, n: int = 1, caller: Caller = ME, **settings: Any
) -> list[Generated]:
    """Return the finished samples of one call, in their order."""
    done = [e for e in await events(engine, prompt, n, caller, **settings) if isinstance(e, Generated)]
    return sorted(done, key=lambda sample: sample.sample)


async def sample(engine: LocalEngine, prompt: Prompt = QUESTION, **settings: Any) -> Generated:
    """Return the only sample of one call."""
    [only] = await samples(engine, prompt, **settings)
    return only
