"""Short ways of steering an engine in tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.engine.asking import QUESTION
from webapp.engine.lives import Noted
from webapp.engine.local import LocalEngine
from webapp.engine.policies.settings import Policy, Unsteered
from webapp.engine.protocol import Generated, Prompt, Sampling, SteerEvent


async def steered(
    engine: LocalEngine,
    policy: Policy,
    prompts: Prompt | Sequence[Prompt] = QUESTION,
    n: int = 1,
    **settings: Any,
) -> list[SteerEvent]:
    """Return every event of one call."""
    asked = [prompts] if isinstance(prompts, Prompt) else prompts
    return [event async for event in engine.steer(asked, policy, Sampling(**settings), n=n)]


def texts(events: Sequence[SteerEvent]) -> list[Generated]:
    """Return the finished texts by their numbers."""
    return sorted((e for e in events if isinstance(e, Generated)), key=lambda text: text.sample)


def notes(events: Sequence[SteerEvent], kind: str) -> list[Noted]:
    """Return the evidence of a kind, in its order."""
    return [e for e in events if isinstance(e, Noted) and e.kind == kind]


async def unsteered(engine: LocalEngine, prompt: Prompt = QUESTION, n: int = 1, **settings: Any) -> list[Generated]:
    """Return the texts of the policy that changes nothing."""
    return texts(await steered(engine, Unsteered(), prompt, n, **settings))
