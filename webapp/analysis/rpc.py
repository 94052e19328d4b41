"""Reasoning pruning and perplexity consistency (RPC, arXiv 2510.15444): which sampled paths count, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from webapp.analysis.weibull import Floats, Mixture
from webapp.analysis.weibull_fit import fit_em, fit_lbfgsb

Fitting: TypeAlias = Literal["L-BFGS-B", "EM"]
LOWEST = 1e-12  # probabilities are clipped to [LOWEST, 1] before anything is fitted
LIKELY_LOW = 0.5  # a path may go if it comes from the high component with a lower probability


@dataclass(frozen=True, slots=True)
class Pruning:
    """What became of N paths.

    Attributes:
        kept: [N] whether a path still counts.
        mean: the mean probability over all N paths; one that is not below it is never dropped.
        mixture: the fit, its component of the larger mean first; None where nothing was fitted.
        p_high: [N] how probably each path comes from that component; empty where nothing was fitted.
        fitted_by: which optimiser gave the fit: EM only where L-BFGS-B failed.
        skipped: why nothing was pruned, as a clause; empty where pruning was done.

    """

    kept: tuple[bool, ...]
    mean: float
    mixture: Mixture | None = None
    p_high: tuple[float, ...] = ()
    fitted_by: Fitting | None = None
    skipped: str = ""

    def undone(self, why: str) -> Pruning:
        """Return the same fit with every path kept."""
        return Pruning((True,) * len(self.kept), self.mean, self.mixture, self.p_high, self.fitted_by, why)


def prune(probabilities: Sequence[float], least: int) -> Pruning:
    """Drop those of [N] paths that probably come from the low component and are below the mean.

    Fewer than `least` paths, or equal ones, are too few to fit a mixture to.
    """
    x = np.clip(np.asarray(probabilities, dtype=np.float64), LOWEST, 1.0)
    everything, mean = Pruning((True,) * len(x), float(x.mean())), float(x.mean())
    if len(x) < least:
        return everything.undone(f"there are fewer than {least} paths")
    if np.all(x == x[0]):
        return everything.undone("all paths are equally probable")
    mixture, fitted_by = _fitted(x)
    p_high = mixture.p_high(x)
    kept = keeps(x, p_high)
    return Pruning(tuple(kept), mean, mixture, tuple(p_high.tolist()), fitted_by)


def keeps(x: Floats, p_high: Floats) -> list[bool]:
    """Return [N] whether each path is kept: dropped only if both P_high < 0.5 and x is below the mean."""
    dropped = (p_high < LIKELY_LOW) & (x < x.mean())
    return [not each for each in dropped.tolist()]


def _fitted(x: Floats) -> tuple[Mixture, Fitting]:
    found = fit_lbfgsb(x)
    mixture, by = (fit_em(x), "EM") if found is None else (found, "L-BFGS-B")
    return mixture.ordered(), by  # type: ignore[return-value]


def copies(texts: Sequence[str]) -> list[int]:
    """Return for each text the index of the first one that is equal to it: its own where it is that one."""
    first: dict[str, int] = {}
    return [first.setdefault(text, i) for i, text in enumerate(texts)]


def confidences(probabilities: Sequence[float], counts: Sequence[bool]) -> list[float]:
    """Return the share of each path in the summed probability of those that count; zeros where none does."""
    shares = [x if counted else 0.0 for x, counted in zip(probabilities, counts, strict=True)]
    total = sum(shares)
    return [share / total for share in shares] if total > 0 else shares
