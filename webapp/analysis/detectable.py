"""What a paired comparison of n problems can see: minimum detectable difference and needed n (Connor, 1987).

The test is McNemar's, and methods differ on a share psi of the problems. A difference d has power 1 - beta when
z_(1-alpha/2) sqrt(psi) + z_(1-beta) sqrt(psi - d^2) = d sqrt(n).
"""

from __future__ import annotations

from math import ceil, sqrt

from scipy.optimize import brentq
from scipy.stats import norm

ALPHA, POWER = 0.05, 0.8


def detectable_difference(n: int, discordant: float, alpha: float = ALPHA, power: float = POWER) -> float | None:
    """Return the smallest difference in accuracy that n problems show with that power; None where none is.

    `discordant` is the share of problems on which the methods differ; no difference is larger than it.
    """
    z_alpha, z_power = _quantiles(alpha, power)

    def lacking(d: float) -> float:
        return z_alpha * sqrt(discordant) + z_power * sqrt(max(0.0, discordant - d * d)) - d * sqrt(n)

    largest = discordant
    return None if discordant <= 0 or lacking(largest) > 0 else float(brentq(lacking, 0.0, largest))


def needed_problems(difference: float, discordant: float, alpha: float = ALPHA, power: float = POWER) -> int:
    """Return how many problems show a difference with that power.

    Raises:
        ValueError: if the difference is 0, or larger than the share of problems on which the methods differ.

    """
    d = abs(difference)
    if not 0 < d <= discordant:
        raise ValueError("a difference is above 0, and at most the share of problems on which methods differ")
    z_alpha, z_power = _quantiles(alpha, power)
    return ceil(((z_alpha * sqrt(discordant) + z_power * sqrt(discordant - d * d)) / d) ** 2)


def _quantiles(alpha: float, power: float) -> tuple[float, float]:
    return float(norm.ppf(1 - alpha / 2)), float(norm.ppf(power))
