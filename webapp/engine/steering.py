"""A steered call: how much memory its texts hold, and the passes that carry its policy out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webapp.engine.cache import bucketed
from webapp.engine.forward import Forward
from webapp.engine.memory import Budget
from webapp.engine.particles import Emit
from webapp.engine.pieces import Pieces
from webapp.engine.policies.registry import POLICIES
from webapp.engine.policies.settings import Policy
from webapp.engine.protocol import EngineError, Sampling
from webapp.engine.request import PromptIds
from webapp.engine.scoring import Passes
from webapp.engine.stops import StopWatch
from webapp.engine.walk import Walk


@dataclass(frozen=True, slots=True)
class Steering:
    """A call of `steer`: n texts behind all of the prompts."""

    forward: Forward
    memory: Budget
    pieces: Pieces
    prompts: Sequence[PromptIds]
    policy: Policy
    sampling: Sampling
    n: int
    stop: Callable[[], StopWatch]

    def check(self) -> None:
        """Refuse what cannot be carried out.

        Raises:
            EngineError: for no prompt, an unknown policy, or texts that never have room.

        """
        if not self.prompts:
            raise EngineError("A steered text needs at least one prompt.")
        if type(self.policy) not in POLICIES:
            raise EngineError(f"This engine has no policy {type(self.policy).__name__}.")
        self.memory.refuse(self._longest, self.memory.walked, len(self.prompts) * self.n)

    @property
    def holds(self) -> int:
        """How many tokens of memory it keeps while it runs."""
        return len(self.prompts) * self.n * bucketed(self._longest)

    def passes(self, emit: Emit) -> Passes[None]:
        """Carry the policy out; what it leaves unfinished ends with it."""
        walk = Walk(self.forward, self.pieces, self.prompts, self.sampling, self.n, self.stop, emit)
        with self.forward.prefixes.lend(0 if self.memory.walked is None else self.holds):
            yield from POLICIES[type(self.policy)](walk, self.policy)
            for particle in walk.particles:
                walk.end(particle)

    @property
    def _longest(self) -> int:
        return max(len(prompt.ids) for prompt in self.prompts) + self.sampling.max_tokens
