"""Coverage as an exponentiated power law of the samples, c(k) = exp(a k^b) (arXiv 2407.21787, section 3.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import curve_fit

Floats = NDArray[np.float64]

BEYOND = 10  # how many times the most samples seen a fit may be read at


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """c(k) = exp(a k^b) with a < 0 and b < 0: the log of the coverage falls as a power of k.

    Attributes:
        a: of the nonlinear least squares fit on coverage, as the paper does it.
        b: its exponent.
        line: (a, b) of the straight line through ln(-ln c) against ln k, for comparison.
        error: mean |fit - coverage|.
        seen: the largest k fitted.

    """

    a: float
    b: float
    line: tuple[float, float]
    error: float
    seen: int

    def at(self, k: ArrayLike) -> Floats:
        """Return the coverage at k samples.

        Raises:
            ValueError: if k is more than ten times what was seen.

        """
        given = np.asarray(k, dtype=np.float64)
        if (given > BEYOND * self.seen).any():
            raise ValueError(f"a fit to at most {self.seen} samples says nothing beyond {BEYOND * self.seen}")
        return _law(given, self.a, self.b)

    def needed(self, coverage: float) -> float | None:
        """Return the k at which a coverage between 0 and 1 is reached.

        It is None where that lies too far beyond what was seen, or where the fit does not rise.
        """
        if not (self.a < 0 and self.b < 0):
            return None
        k = float((np.log(coverage) / self.a) ** (1 / self.b))
        return max(1.0, k) if k <= BEYOND * self.seen else None


def fit(k: ArrayLike, coverage: ArrayLike) -> PowerLaw | None:
    """Fit [K] coverages at [K] numbers of samples.

    It is None where fewer than two of them lie between 0 and 1, or where the least squares do not converge.
    """
    counts, c = np.asarray(k, dtype=np.float64), np.asarray(coverage, dtype=np.float64)
    between = (c > 0) & (c < 1)
    if len(np.unique(counts[between])) < 2:
        return None
    slope, offset = np.polyfit(np.log(counts[between]), np.log(-np.log(c[between])), 1)
    line = (-float(np.exp(offset)), float(slope))
    try:
        (a, b), _ = curve_fit(_law, counts, c, p0=line, xtol=1e-12, ftol=1e-12)
    except RuntimeError:  # scipy's word for not having converged
        return None
    error = float(np.abs(_law(counts, a, b) - c).mean())
    return PowerLaw(float(a), float(b), line, error, int(counts.max()))


def _law(k: Floats, a: float, b: float) -> Floats:
    return np.exp(a * k**b)
