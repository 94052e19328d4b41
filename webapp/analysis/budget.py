"""Accuracy against cost: which methods are worth their price, and what the same price buys otherwise."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from webapp.analysis import bootstrap
from webapp.analysis.bootstrap import DRAWS, LEVEL, Floats, Interval
from webapp.analysis.refusal import Refusal


def pareto(costs: ArrayLike, accuracies: ArrayLike) -> NDArray[np.bool_]:
    """Return [n] whether no other is at least as accurate for at most the cost, and better in one of them.

    What is equal in both is on the front together.
    """
    pairs = np.column_stack([np.asarray(costs, dtype=np.float64), -np.asarray(accuracies, dtype=np.float64)])
    distinct, place = np.unique(pairs, axis=0, return_inverse=True)  # by rising cost, the more accurate first
    accuracy = -distinct[:, 1]
    best_before = np.maximum.accumulate(np.append(-np.inf, accuracy))[:-1]
    front: NDArray[np.bool_] = (accuracy > best_before)[place]
    return front


def efficiency(accuracy: float, tokens: float, calls: float) -> float:
    """Return accuracy / (tokens x calls), CorrectBench's measure (arXiv 2510.16062), with its means over problems."""
    return accuracy / (tokens * calls)


def at_budget(costs: ArrayLike, values: ArrayLike, budget: float) -> Floats | Refusal:
    """Return [P] what each problem gets for a mean cost of `budget`, from [K] rising costs and [P, K] values at them.

    Between two costs it is the mixture of both that costs so much: of some problems at random the dearer one. Beyond
    the cheapest and the dearest there is none, which is refused.
    """
    cost, given = np.asarray(costs, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if not cost[0] <= budget <= cost[-1]:
        reach = f"from {cost[0]:.4g} to {cost[-1]:.4g}"
        return Refusal(f"A budget of {budget:.4g} cannot be matched: what it is compared with costs {reach}.")
    above = min(int(np.searchsorted(cost, budget, side="right")), len(cost) - 1)
    below = max(above - 1, 0)
    width = cost[above] - cost[below]
    share = (budget - cost[below]) / width if width > 0 else 1.0
    mixed: Floats = (1 - share) * given[:, below] + share * given[:, above]
    return mixed


def matched_difference(
    right: ArrayLike, cost: ArrayLike, costs: ArrayLike, values: ArrayLike, *,
    draws: int = DRAWS, seed: int = 0, level: float = LEVEL,
) -> Interval | Refusal:  # fmt: skip
    """Return how much better a method is than another at its own mean cost, over the same problems.

    The method has [P] right (0 or 1, or shares) at [P] cost; the other has [P, K] values at [K] rising mean costs, as
    a vote of 1, 2, 4... samples has. The interval draws problems, at the budget of all of them.
    """
    budget = float(np.mean(np.asarray(cost, dtype=np.float64)))
    other = at_budget(costs, values, budget)
    if isinstance(other, Refusal):
        return other
    return bootstrap.mean(np.asarray(right, dtype=np.float64) - other, draws=draws, seed=seed, level=level)
