"""When a token's entropy counts as a spike: above a threshold that moves with the last entropies of its text."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev

from webapp.engine.policies.settings import SRGen


class Spikes:
    """Watches one text (SRGen, 2510.02919): its entropies so far, and the threshold that each was held against.

    Attributes:
        entropies: nats, at the temperature of the drawing.
        thresholds: nats.
        fired: how many entropies were spikes, of those that still count.

    """

    def __init__(self, policy: SRGen) -> None:
        self.policy = policy
        self.entropies: list[float] = []
        self.thresholds: list[float] = []
        self.fired = 0

    def see(self, entropy: float) -> bool:
        """Take the next entropy and return whether it is a spike; after the most that a text may have none is."""
        limit = threshold(self.entropies, self.policy)
        self.entropies.append(entropy)
        self.thresholds.append(limit)
        spike = entropy > limit and self.fired < self.policy.most
        self.fired += spike
        return spike


def threshold(entropies: Sequence[float], policy: SRGen) -> float:
    """Return what the next entropy must pass: mean + K x deviation of the window, with floors under both."""
    if len(entropies) < policy.window:
        return policy.before
    last = entropies[-policy.window :]
    deviation = stdev(last) if len(last) > 1 else 0.0
    return max(fmean(last) + policy.factor * max(deviation, policy.least_deviation), policy.least_threshold)
