"""Answering only where a score is high: risk against coverage (El-Yaniv and Wiener, 2010; arXiv 1805.08206)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RiskCoverage:
    """What becomes of n answers when only those of the highest scores are given.

    Attributes:
        scores: [n] in falling order, the threshold at which so many are given.
        coverage: [n] k / n, the share that is given.
        risk: [n] the share of these that is wrong. Among equal scores it is the expectation over their order.
        best: [n] the risk of a score that puts every right answer before every wrong one.

    """

    scores: Floats
    coverage: Floats
    risk: Floats
    best: Floats

    @property
    def area(self) -> float:
        """AURC, the mean risk over all coverages k / n; lower is better."""
        return float(self.risk.mean())

    @property
    def excess(self) -> float:
        """E-AURC, the area less that of the best order."""
        return float((self.risk - self.best).mean())

    def coverage_at(self, risk: float) -> float:
        """Return the largest coverage whose risk is at most that; 0 where there is none."""
        within = np.flatnonzero(self.risk <= risk)
        return float(self.coverage[within[-1]]) if within.size else 0.0

    def risk_at(self, coverage: float) -> float:
        """Return the risk of the fewest answers that reach a coverage, above 0 and at most 1."""
        return float(self.risk[np.searchsorted(self.coverage, coverage * (1 - 1e-12))])


def risk_coverage(scores: ArrayLike, right: ArrayLike) -> RiskCoverage:
    """Return risk against coverage of [n] answers, from their scores (higher is surer) and whether they are right.

    Raises:
        ValueError: if there is no answer, or a score is not a number.

    """
    given, wrong = np.asarray(scores, dtype=np.float64), ~np.asarray(right, dtype=bool)
    if not given.size or np.isnan(given).any():
        raise ValueError("risk against coverage needs answers that all have a score")
    order = np.argsort(-given, kind="stable")
    n, ranked, kept = len(given), given[order], np.arange(1, len(given) + 1)
    errors = _expected(ranked, wrong[order])
    fewest = np.maximum(0, kept - (n - wrong.sum()))
    return RiskCoverage(ranked, kept / n, errors / kept, fewest / kept)


def _expected(ranked: Floats, wrong: NDArray[np.bool_]) -> Floats:
    """Return [n] how many of the first k answers are wrong, in expectation over the order of equal scores."""
    starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
    sizes = np.diff(np.append(starts, len(ranked)))
    share = np.repeat(np.add.reduceat(wrong.astype(np.float64), starts) / sizes, sizes)
    return np.cumsum(share)
