"""A cost-adjusted refinement score of our own: which model to refine with, by its base, its gain and its cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Weights:
    """What the three parts of the score count."""

    base: float = 1.0
    gain: float = 1.0
    cost: float = 1.0


@dataclass(frozen=True, slots=True)
class Parts:
    """[n] z values of n models, and [n] scores: base and gain count for a model, cost against it."""

    base: NDArray[np.float64]
    gain: NDArray[np.float64]
    cost: NDArray[np.float64]
    score: NDArray[np.float64]


def refinement_score(
    base: Sequence[float], refined: Sequence[float], cost: Sequence[float], weights: Weights
) -> Parts:
    """Return z(base) w1 + z(refined - base) w2 - z(cost) w3 for [n] models compared on the same problems.

    Args:
        base: [n] the share of right answers before refinement.
        refined: [n] the share after it.
        cost: [n] what a problem costs, in any unit.
        weights: w1, w2 and w3.

    """
    z_base, z_gain, z_cost = standardised(base), standardised(np.subtract(refined, base)), standardised(cost)
    return Parts(z_base, z_gain, z_cost, weights.base * z_base + weights.gain * z_gain - weights.cost * z_cost)


def standardised(values: ArrayLike) -> NDArray[np.float64]:
    """Return [n] values minus their mean, over their standard deviation (of all n); zeros where all are equal."""
    given = np.asarray(values, dtype=np.float64)
    spread = given.std()
    # equal values differ by rounding once their mean is subtracted
    return np.zeros_like(given) if np.ptp(given) == 0 else (given - given.mean()) / spread
