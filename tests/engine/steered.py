"""Short ways of steering an engine in tests, and policies that only tests need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from tests.engine.asking import QUESTION
from webapp.engine.lives import Forked, Noted
from webapp.engine.local import LocalEngine
from webapp.engine.policies.registry import POLICIES
from webapp.engine.policies.settings import Policy, Unsteered
from webapp.engine.protocol import Generated, Prompt, Sampling, SteerEvent
from webapp.engine.scoring import Passes
from webapp.engine.walk import Walk


@dataclass(frozen=True)
class Told(Policy):
    """Does what a test says."""

    steps: Callable[[Walk], Passes[None]]


@contextmanager
def policies_of_tests() -> Iterator[None]:
    """Let engines carry out what tests say."""
    POLICIES[Told] = lambda walk, policy: policy.steps(walk)
    try:
        yield
    finally:
        del POLICIES[Told]


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


def whole(events: Sequence[SteerEvent]) -> dict[int, list[int]]:
    """Return all tokens of every text by its number, those it was copied with included."""
    own = {text.sample: text.trace.ids.tolist() for text in texts(events)}
    for fork in (e for e in events if isinstance(e, Forked)):  # in the order in which they were made
        own[fork.life] = own[fork.of][: fork.at] + own[fork.life]
    return own


async def unsteered(engine: LocalEngine, prompt: Prompt = QUESTION, n: int = 1, **settings: Any) -> list[Generated]:
    """Return the texts of the policy that changes nothing."""
    return texts(await steered(engine, Unsteered(), prompt, n, **settings))


@torch.inference_mode()
def teacher_forced(double: torch.nn.Module, prompt: Sequence[int], said: Sequence[int]) -> torch.Tensor:
    """Return the float64 log-probabilities [T, V] that predicted each token that was said."""
    logits: torch.Tensor = double(torch.tensor([[*prompt, *said]])).logits[0, len(prompt) - 1 : -1]
    return logits.log_softmax(-1)
