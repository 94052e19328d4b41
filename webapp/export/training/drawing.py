"""Texts that are drawn for an export from a loaded model, deterministically by the seed."""

from __future__ import annotations

from webapp.engine.protocol import Caller, Engine, EngineError, Generated, Prompt, Sampling

TEMPERATURE = 0.7
_CALLER = Caller(background=True)


async def drawn(engine: Engine, prompt: Prompt, *, seed: int, problem: str, label: str, most: int) -> str | None:
    """Return what a model says to a prompt; None where it does not come to an end within `most` tokens or fails."""
    sampling = Sampling(temperature=TEMPERATURE, max_tokens=most, seed=seed, problem=problem, label=label)
    try:
        async for event in engine.generate([prompt], sampling, caller=_CALLER):
            if isinstance(event, Generated) and event.finish_reason != "length":
                return event.text.strip()
    except EngineError:
        return None
    return None
