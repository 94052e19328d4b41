"""Do two methods that were tried on the same problems differ? McNemar's test (1947; Fagerland and others, 2013).

Only the problems on which they differ count: b where the first alone is right, c where the second alone is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.stats import binom, chi2, norm


class PValues(NamedTuple):
    """Two-sided p-values of the same counts.

    Attributes:
        exact: binomial, 2 P(X <= min(b, c)) for X ~ B(b + c, 1/2), at most 1; too careful when counts are small.
        mid: the same with half the probability of min(b, c) itself; the one to use.
        chi2: of (b - c)^2 / (b + c) with one degree of freedom, without continuity correction; for large counts.

    """

    exact: float
    mid: float
    chi2: float


def mcnemar(b: int, c: int) -> PValues:
    """Test b against c discordant problems; all p are 1 where there are none."""
    n, least = b + c, min(b, c)
    if n == 0:
        return PValues(1.0, 1.0, 1.0)
    twice = 2 * float(binom.cdf(least, n, 0.5))
    return PValues(
        exact=min(1.0, twice),
        mid=min(1.0, twice - float(binom.pmf(least, n, 0.5))),
        chi2=float(chi2.sf((b - c) ** 2 / n, 1)),
    )


def score_interval(b: int, c: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return Tango's (1998) interval for the difference of two shares of n paired problems, (b - c) / n.

    It holds the differences that the score test does not reject, so it leaves 0 out exactly where `mcnemar`'s chi2 is
    below 1 - level.

    Raises:
        ValueError: if there is no problem.

    """
    if n < 1:
        raise ValueError("an interval needs at least one problem")
    z, found = float(norm.ppf(0.5 + level / 2)), (b - c) / n

    def score(difference: float) -> float:
        share = _share(b, c, n, difference)
        variance = n * (2 * share + difference * (1 - difference))
        return float((b - c - n * difference) / np.sqrt(variance)) if variance > 0 else 0.0

    edge = 1 - 1e-12
    low = -1.0 if score(-edge) < z else float(brentq(lambda d: score(d) - z, -edge, found))
    high = 1.0 if score(edge) > -z else float(brentq(lambda d: score(d) + z, found, edge))
    return low, high


def _share(b: int, c: int, n: int, difference: float) -> float:
    """Return the likeliest share of problems that the second alone solves, if shares differ by `difference`."""
    linear = (2 * n - b + c) * difference - b - c
    constant = -c * difference * (1 - difference)
    inner = max(0.0, linear**2 - 8 * n * constant)  # rounding may leave a little less than 0
    return float((np.sqrt(inner) - linear) / (4 * n))
