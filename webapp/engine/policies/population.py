"""The particles of sequential Monte Carlo: what each weighs, when they are resampled, and what that tells of Z."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from webapp.engine.policies.settings import Resampling
from webapp.engine.policies.weights import effective_size, log_mean, shares, systematic
from webapp.engine.walk import Walk

PURPOSE = "resampling"


class Population:
    """N particles of a walk by their places, after `walk.read()`.

    A particle that has ended keeps its weight and gets no more; it competes with those that go on.

    Attributes:
        log_weights: [N] since the last resampling.
        log_z: ln of the estimate of Z so far, without the present weights.
        carried: [N, K] log-probabilities of each text so far, under as many laws as the policy follows.
        sizes: the effective size after each token, before resampling.

    """

    def __init__(self, walk: Walk, resampling: Resampling, laws: int = 1) -> None:
        n = len(walk.particles)
        self.walk, self.resampling = walk, resampling
        self.log_weights = np.zeros(n)
        self.carried = np.zeros((n, laws))
        self.log_z = 0.0
        self.sizes: list[float] = []

    def weigh(self, increments: ArrayLike, logprobs: ArrayLike) -> None:
        """Add [B] to the log-weights of the running particles, by their rows, and [B, K] to what they carry."""
        places = [particle.index for particle in self.walk.running]
        self.log_weights[places] += np.asarray(increments)
        self.carried[places] += np.asarray(logprobs)

    def resample(self) -> None:
        """Resample if it is time to look and the weights are worth too few particles; a token was just appended."""
        self.sizes.append(effective_size(self.log_weights))
        looks = len(self.sizes) % self.resampling.every == 0
        few = self.sizes[-1] < self.resampling.threshold * len(self.log_weights)
        if looks and few and any(particle.ended is None for particle in self.walk.running):
            self._resample()

    def tell(self) -> None:
        """Note the final weights and the estimate of ln Z."""
        self.walk.note(
            "weights",
            {
                "lives": self._lives, "log_weights": self.log_weights.tolist(), "carried": self.carried.tolist(),
                "log_z": self.log_z + log_mean(self.log_weights), "sizes": self.sizes,
            },
        )  # fmt: skip

    @property
    def _lives(self) -> list[int]:
        return [particle.life for particle in self.walk.particles]

    def _resample(self) -> None:
        before, weights = self._lives, shares(self.log_weights)
        drawn = systematic(weights, self.walk.chance(PURPOSE))
        # a text that has ended stays where it was drawn, however many places it holds: no other text gets that place
        places = self.walk.resample([self.walk.particles[place].index for place in drawn])
        self.log_z += log_mean(self.log_weights)
        self.log_weights = np.zeros_like(self.log_weights)
        self.carried = self.carried[places]
        told = {"size": self.sizes[-1], "shares": weights.tolist(), "before": before, "after": self._lives}
        self.walk.note("resampled", told)


def on_host(values: Tensor) -> NDArray[np.float64]:
    """Return a tensor of the device in double precision."""
    return np.asarray(values.double().cpu().numpy())


def of_drawn(logprobs: Tensor, ids: Tensor) -> NDArray[np.float64]:
    """[B] what each row of logprobs [B, V] says of its drawn token."""
    return on_host(logprobs.gather(1, ids[:, None])[:, 0])
