"""MAgICoRe's decision between a vote and a refinement, from the rewards of sampled chains (arXiv 2409.12147)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, fsum, log
from statistics import fmean

TENTHS = 10


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What rewards are compared with.

    Attributes:
        mean: of the rewards of first chains over many problems.
        deviation: their standard deviation, above 0.
        quality: standard deviations from the mean below which the majority's chains are of low quality (code: 0).
        confidence: below which the chains are of low confidence (code: 0.5).

    """

    mean: float
    deviation: float
    quality: float = 0.0
    confidence: float = 0.5


@dataclass(frozen=True, slots=True)
class Route:
    """What a problem was routed by.

    Entropies are in nats, None where no chain states an answer; the confidence is 0 then. `quality` is in standard
    deviations, None where no chain gives the majority's answer; it is not low then.
    """

    quality: float | None
    outcome_entropy: float | None
    step_entropy: float | None
    outcome_confidence: float
    step_confidence: float
    quality_low: bool
    confidence_low: bool

    @property
    def hard(self) -> bool:
        """Whether the problem is refined: both quality and confidence are low."""
        return self.quality_low and self.confidence_low


def route(
    majority: Sequence[float], outcomes: Sequence[float], steps: Sequence[float], thresholds: Thresholds
) -> Route:
    """Decide whether a problem is easy or hard.

    Args:
        majority: the rewards of the chains that give the majority's answer (of all, where none states any).
        outcomes: [answers] the outcome scores summed over the chains of each answer; empty where none is stated.
        steps: [answers] the same of the products of step probabilities.
        thresholds: what they are compared with.

    """
    standard = [(reward - thresholds.mean) / thresholds.deviation for reward in majority]
    quality = fmean(standard) if standard else None
    of_outcomes, of_steps = (entropy(sums) if sums else None for sums in (outcomes, steps))
    sure_of_outcomes, sure_of_steps = (0.0 if h is None else confidence(h) for h in (of_outcomes, of_steps))
    return Route(
        quality, of_outcomes, of_steps, sure_of_outcomes, sure_of_steps,
        quality_low=quality is not None and quality < thresholds.quality,
        confidence_low=min(sure_of_outcomes, sure_of_steps) < thresholds.confidence,
    )  # fmt: skip


def entropy(sums: Sequence[float]) -> float:
    """Return the entropy in nats of sums, none below 0, normalised; sums of 0 prefer nothing, as equal ones do."""
    total = fsum(sums)
    shares = [each / total for each in sums] if total > 0 else [1 / len(sums)] * len(sums)
    return abs(fsum(-share * log(share) for share in shares if share > 0))


def confidence(nats: float) -> float:
    """Return 2 (1 - sigmoid(H)): 1 where all agree, 0.5 for three equal answers (H = ln 3), less for more."""
    return 2 / (1 + exp(nats))


def tenths(probability: float) -> int:
    """Return a step's probability as the n of "n/10" that the reviewer reads, rounded as Python does."""
    return int(round(probability, 1) * TENTHS)
