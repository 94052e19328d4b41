"""A mixture of two Weibull distributions, as RPC fits it to path probabilities (arXiv 2510.15444, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, log1p

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, gammaln

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weibull:
    """f(x) = (k / lam) (x / lam)^(k - 1) exp(-(x / lam)^k) for x > 0, with shape k and scale lam."""

    shape: float
    scale: float

    @property
    def mean(self) -> float:
        """Lam * Gamma(1 + 1 / k); infinite where that is beyond a double."""
        with np.errstate(over="ignore"):
            return float(np.exp(log(self.scale) + gammaln(1 + 1 / self.shape)))

    def log_density(self, x: ArrayLike) -> Floats:
        """Return [n] ln f(x) of [n] positive x."""
        log_ratio = np.log(np.asarray(x, dtype=np.float64)) - log(self.scale)
        with np.errstate(over="ignore"):  # so improbable that its density is 0
            power = np.exp(self.shape * log_ratio)
        density: Floats = log(self.shape) - log(self.scale) + (self.shape - 1) * log_ratio - power
        return density


@dataclass(frozen=True, slots=True)
class Mixture:
    """w * first + (1 - w) * second."""

    weight: float
    first: Weibull
    second: Weibull

    @classmethod
    def of(cls, parameters: Sequence[float]) -> Mixture:
        """Return the mixture of [w, k1, lam1, k2, lam2]."""
        weight, shape1, scale1, shape2, scale2 = map(float, parameters)
        return cls(weight, Weibull(shape1, scale1), Weibull(shape2, scale2))

    def log_parts(self, x: ArrayLike) -> tuple[Floats, Floats]:
        """Return [n] ln(w f1(x)) and [n] ln((1 - w) f2(x))."""
        first = log(self.weight) + self.first.log_density(x)
        return first, log1p(-self.weight) + self.second.log_density(x)

    def negative_log_likelihood(self, x: ArrayLike) -> float:
        """Return -sum ln f(x)."""
        return -float(np.logaddexp(*self.log_parts(x)).sum())

    def ordered(self) -> Mixture:
        """Return the same mixture with the component of the larger mean, the "high" one, first."""
        if self.first.mean >= self.second.mean:
            return self
        return Mixture(1 - self.weight, self.second, self.first)

    def p_high(self, x: ArrayLike) -> Floats:
        """Return [n] how probably each x comes from the component with the larger mean."""
        high, low = self.ordered().log_parts(x)
        share: Floats = expit(high - low)
        return share
