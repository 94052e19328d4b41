"""Confidence in words against confidence in deeds: what is stated, and how often samples agree (arXiv 2405.20974)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import spearmanr


@dataclass(frozen=True, slots=True)
class StatedAgainstEmpirical:
    """How two confidences of the same answers, both from 0 to 1, differ.

    Attributes:
        n: answers that have both.
        unstated: answers without a stated one; they are left out of the rest.
        stated: mean of the stated ones.
        empirical: mean of the empirical ones.
        distance: mean of |stated - empirical|.
        rank_correlation: Spearman's; None where either does not vary.

    """

    n: int
    unstated: int
    stated: float
    empirical: float
    distance: float
    rank_correlation: float | None

    @property
    def overconfidence(self) -> float:
        """Mean of stated - empirical."""
        return self.stated - self.empirical


def compare(stated: ArrayLike, empirical: ArrayLike) -> StatedAgainstEmpirical | None:
    """Compare [n] stated with [n] empirical confidences, NaN where there is none; None where no answer has both."""
    s, e = np.asarray(stated, dtype=np.float64), np.asarray(empirical, dtype=np.float64)
    both = ~np.isnan(s) & ~np.isnan(e)
    if not both.any():
        return None
    said, did = s[both], e[both]
    varies = np.ptp(said) > 0 and np.ptp(did) > 0
    return StatedAgainstEmpirical(
        n=int(both.sum()),
        unstated=int(np.isnan(s).sum()),
        stated=float(said.mean()),
        empirical=float(did.mean()),
        distance=float(np.abs(said - did).mean()),
        rank_correlation=float(spearmanr(said, did).statistic) if varies else None,
    )
