"""Reasoning pruning and perplexity consistency (RPC, arXiv 2510.15444): which sampled paths count, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum
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
        return replace(self, kept=(True,) * len(self.kept), skipped=why)


@dataclass(frozen=True, slots=True)
class Consistency:
    """What N paths weigh in their answers' confidence.

    Attributes:
        first: [N] the index of the first path with the same text; only that one counts.
        unpruned: [N] perplexity consistency, PC: shares of the summed probability of all distinct paths.
        pruned: [N] RPC: the same of those that were kept.
        pruning: which were kept, and why.

    """

    first: tuple[int, ...]
    unpruned: tuple[float, ...]
    pruned: tuple[float, ...]
    pruning: Pruning


def consistency(
    texts: Sequence[str], probabilities: Sequence[float], answered: Sequence[bool], least: int | None
) -> Consistency:
    """Weigh [N] paths; those that state no answer take part in the fit, not in the shares.

    Nothing is pruned of fewer than `least` paths (None: never), nor where no path with an answer would be left.
    """
    first, pruning = copies(texts), prune(probabilities, least)
    counts = [i == original and states for i, (original, states) in enumerate(zip(first, answered, strict=True))]
    unpruned = shares(probabilities, counts)
    pruned = shares(probabilities, [a and b for a, b in zip(counts, pruning.kept, strict=True)])
    if any(unpruned) and not any(pruned):
        pruning, pruned = pruning.undone("no path with an answer would be left"), unpruned
    return Consistency(tuple(first), tuple(unpruned), tuple(pruned), pruning)


def prune(probabilities: Sequence[float], least: int | None) -> Pruning:
    """Drop those of [N] paths that probably come from the low component and are below the mean.

    Nothing is fitted to fewer than `least` paths (None: whatever they are), or to equal ones.
    """
    x = np.clip(np.asarray(probabilities, dtype=np.float64), LOWEST, 1.0)
    everything = Pruning((True,) * len(x), float(x.mean()))
    if least is None:
        return everything.undone("pruning is switched off")
    if len(x) < least:
        return everything.undone(f"there are fewer than {least} samples")
    if np.all(x == x[0]):
        return everything.undone("all samples are equally probable")
    mixture, fitted_by = _fitted(x)
    p_high = mixture.p_high(x)
    return Pruning(tuple(keeps(x, p_high)), float(x.mean()), mixture, tuple(p_high.tolist()), fitted_by)


def keeps(x: Floats, p_high: Floats) -> list[bool]:
    """Return [N] whether each path is kept: dropped only if both P_high < 0.5 and x is below the mean."""
    dropped = (p_high < LIKELY_LOW) & (x < x.mean())
    return [not each for each in dropped.tolist()]


def copies(texts: Sequence[str]) -> list[int]:
    """Return for each text the index of the first one that is equal to it: its own where it is that one."""
    first: dict[str, int] = {}
    return [first.setdefault(text, i) for i, text in enumerate(texts)]


def shares(probabilities: Sequence[float], counts: Sequence[bool]) -> list[float]:
    """Return the share of each path in the summed probability of those that count; zeros where none does."""
    given = [x if counted else 0.0 for x, counted in zip(probabilities, counts, strict=True)]
    total = fsum(given)
    return [x / total for x in given] if total > 0 else given


def _fitted(x: Floats) -> tuple[Mixture, Fitting]:
    if (found := fit_lbfgsb(x)) is not None:
        return found.ordered(), "L-BFGS-B"
    return fit_em(x).ordered(), "EM"
