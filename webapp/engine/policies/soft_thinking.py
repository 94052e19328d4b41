"""Soft Thinking (2505.15778): the next step is thought as a mixture of tokens, until the answer begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor

from storage.records import Origin
from webapp.engine.particles import Particle
from webapp.engine.policies.correction import tempered_entropy
from webapp.engine.policies.mixtures import Mixtures, filtered, mixed, of_draws
from webapp.engine.policies.settings import SoftThinking
from webapp.engine.protocol import Sampling
from webapp.engine.sampling import Draw, draw
from webapp.engine.scoring import Passes
from webapp.engine.walk import Walk

Left: TypeAlias = Literal["marker", "cold", "longest", "end"]
Way: TypeAlias = Literal["think", "close", "answer"]


@dataclass(slots=True)
class Mind:
    """Where one text stands: how it left its thinking, what must still be put in, and what it thought.

    `cold` counts the steps in a row whose entropy was below the policy's.
    """

    policy: SoftThinking
    left: Left | None = None
    closing: list[int] = field(default_factory=list)
    cold: int = 0
    said: bytes = b""
    steps: list[dict[str, Any]] = field(default_factory=list)

    def way(self, entropy: float, ends: bool = False) -> Way:
        """Return how the next token comes about, given the entropy before it (nats) and whether it ends the text."""
        if self.closing:
            return "close"
        self.cold = self.cold + 1 if entropy < self.policy.cold else 0
        if self.left is not None:
            return "answer"
        if self.cold >= self.policy.patience:
            self._leave("cold", self.policy.closing)
        elif len(self.steps) >= self.policy.longest:
            self._leave("longest", self.policy.closing)
        elif ends and self.policy.insists:
            self._leave("end", self.policy.closing)
        return "close" if self.closing else "answer" if self.left else "think"

    def think(self, piece: bytes, step: dict[str, Any]) -> bool:
        """Take a thought by its most probable token; return whether it completes the marker, where thinking ends."""
        self.steps.append(step | {"cold": self.cold})
        marker = self.policy.marker.encode()
        self.said = (self.said + piece)[-len(marker) - len(piece) :]
        if marker and marker in self.said:
            self._leave("marker", ())
        return self.left is not None

    def _leave(self, how: Left, closing: Sequence[int]) -> None:
        self.left, self.closing, self.cold = how, list(closing), 0


def walk(walk: Walk, policy: SoftThinking) -> Passes[None]:
    """Feed back mixtures while a text thinks, the tokens that end its thinking, and drawn tokens from there on.

    What is shown of a mixture is its most probable token, which was not drawn: its origin is "soft".
    """
    yield from walk.read()
    minds = [Mind(policy) for _ in walk.particles]
    while walk.running:
        thoughts = _thoughts(walk, policy)
        ways = _ways(walk, minds, thoughts)
        drawn, vectors = _drawn(walk, minds, ways, thoughts)
        walk.append(drawn, [_origin(way) for way in ways])
        for particle in walk.running:
            _close(walk, particle, minds[particle.index])
        yield from walk.advance(vectors)


def _ways(walk: Walk, minds: Sequence[Mind], thoughts: Mixtures) -> list[Way]:
    """Return how the next token of each running text comes about."""
    answers = tempered_entropy(walk.logits, walk.sampling.temperature or 1.0).tolist()
    rows = zip(walk.running, thoughts.entropy.tolist(), answers, thoughts.ids[:, 0].tolist(), strict=True)
    ways = []
    for particle, thought, answer, shown in rows:
        mind = minds[particle.index]
        ways.append(mind.way(thought if mind.left is None else answer, shown in walk.end_ids))
    return ways


def _thoughts(walk: Walk, policy: SoftThinking) -> Mixtures:
    if not policy.draws:
        return filtered(walk.logits, policy)
    settings = [Sampling(temperature=policy.temperature)] * len(walk.running)
    tokens = []
    for number in range(policy.draws):
        noise = [walk.chance(f"thought {number}", particle) for particle in walk.running]
        tokens.append(draw(walk.logits, settings, noise).ids)
    return of_draws(walk.logits, torch.stack(tokens, 1), policy)


def _drawn(walk: Walk, minds: Sequence[Mind], ways: Sequence[Way], thoughts: Mixtures) -> tuple[Draw, Tensor]:
    """Return what is shown of each row's next step and the vector [B, D] that is fed back for it."""
    drawn = Draw(*(column.clone() for column in walk.draw()))
    soft = torch.zeros(len(ways), dtype=torch.bool, device=walk.logits.device)
    for row, (particle, way) in enumerate(zip(walk.running, ways, strict=True)):
        mind = minds[particle.index]
        if way == "close":
            drawn.ids[row] = mind.closing.pop(0)
            drawn.entropy[row], drawn.candidates[row] = torch.nan, 0
        elif way == "think":
            token = drawn.ids[row] = thoughts.ids[row, 0]
            drawn.entropy[row], drawn.candidates[row] = thoughts.entropy[row], (thoughts.shares[row] > 0).sum()
            soft[row] = not mind.think(walk.pieces[int(token)], _shown(walk, thoughts, row))
        if way != "answer":  # nothing was drawn
            drawn.logprobs[row] = torch.nan
    vectors = walk.embed(drawn.ids)
    vectors[soft] = mixed(thoughts.shares[soft], walk.embed(thoughts.ids[soft]))
    return drawn, vectors


def _shown(walk: Walk, thoughts: Mixtures, row: int) -> dict[str, Any]:
    pairs = zip(thoughts.ids[row].tolist(), thoughts.shares[row].tolist(), strict=True)
    return {
        "entropy": float(thoughts.entropy[row]),
        "mixture": [(walk.text(token), share) for token, share in pairs if share > 0],
    }


def _close(walk: Walk, particle: Particle, mind: Mind) -> None:
    """End an answer that has long been sure of every token, as the authors do; tell what an ended text thought."""
    aborted = particle.ended is None and mind.left is not None and mind.cold >= mind.policy.patience
    if aborted:
        walk.end(particle, "stop")
    if particle.ended is not None:
        walk.note("thinking", {"steps": mind.steps, "left": mind.left, "aborted": aborted}, particle)


def _origin(way: Way) -> Origin:
    origins: dict[Way, Origin] = {"think": "soft", "close": "injected", "answer": "model"}
    return origins[way]
