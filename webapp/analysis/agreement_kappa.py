"""Kappa: agreement beyond the agreement that the annotators' own shares of values would give by chance.

Cohen (1960) for two annotators, with his weights (1968) for ranked values; Fleiss (1971) for the same number of
ratings on every item, whoever gave them. Intervals are percentile bootstrap over items, or over the groups
that items come in (steps of one text).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from webapp.analysis.agreement_table import MISSING, Floats, against_rest, checked, counts, gathered
from webapp.analysis.bootstrap import DRAWS, Interval, of_means

Weights = Literal["none", "linear", "quadratic"]
UNKNOWN = Interval(np.nan, np.nan, np.nan)


def cohen(
    codes: ArrayLike,
    values: int,
    weights: Weights = "none",
    *,
    groups: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Return Cohen's kappa of [items, 2] ratings, over the items that both annotators rated.

    kappa = 1 - sum w_ck p_ck / sum w_ck p_c. p_.k, with w the disagreement of two values: [c != k], |c - k| or its
    square. NaN where both gave one and the same value throughout, or rated no item together.

    Raises:
        ValueError: if the table is not one of two annotators.

    """
    table = checked(codes, values)
    if table.shape[1] != 2:
        raise ValueError("Cohen's kappa is of two annotators")
    both = (table != MISSING).all(axis=1)
    if not both.any():
        return UNKNOWN
    cells = np.eye(values * values)[table[both, 0] * values + table[both, 1]]
    rows = gathered(cells, None if groups is None else np.asarray(groups)[both])
    return of_means(rows, _cohen_of(_disagreement(values, weights)), draws=draws, seed=seed)


def cohen_per_value(
    codes: ArrayLike, values: int, *, groups: ArrayLike | None = None, draws: int = DRAWS, seed: int = 0
) -> list[Interval]:
    """Return, for each value, Cohen's kappa of that value against all others together."""
    return [cohen(against_rest(codes, v), 2, groups=groups, draws=draws, seed=seed) for v in range(values)]


def fleiss(
    codes: ArrayLike, values: int, *, groups: ArrayLike | None = None, draws: int = DRAWS, seed: int = 0
) -> Interval:
    """Return Fleiss' kappa of [items, annotators] ratings, of which every item has the same number.

    kappa = (P - P_e) / (1 - P_e): P the mean share of agreeing pairs of ratings of an item, P_e the sum of squared
    shares of values. NaN where all ratings are the same. With two annotators this is Scott's pi, not Cohen's kappa.

    Raises:
        ValueError: if items have different numbers of ratings, or fewer than two.

    """
    counted = counts(codes, values)
    ratings = counted.sum(axis=1)
    if ratings.min() != ratings.max() or ratings[0] < 2:
        raise ValueError("Fleiss' kappa needs the same number of ratings, at least two, on every item")
    n = ratings[0]
    agreeing = (counted * (counted - 1)).sum(axis=1) / (n * (n - 1))
    rows = gathered(np.column_stack([np.ones(len(counted)), agreeing, counted / n]), groups)
    return of_means(rows, _fleiss_of, draws=draws, seed=seed)


def fleiss_per_value(
    codes: ArrayLike, values: int, *, groups: ArrayLike | None = None, draws: int = DRAWS, seed: int = 0
) -> list[Interval]:
    """Return, for each value, Fleiss' kappa of that value against all others together (his kappa of a category)."""
    return [fleiss(against_rest(codes, v), 2, groups=groups, draws=draws, seed=seed) for v in range(values)]


def _disagreement(values: int, weights: Weights) -> Floats:
    steps = np.abs(np.subtract.outer(np.arange(values), np.arange(values))).astype(np.float64)
    return {"none": np.sign(steps), "linear": steps, "quadratic": steps**2}[weights]


def _cohen_of(weight: Floats) -> Callable[[Floats], Floats]:
    """Return kappa as a function of how often [..., values * values] each pair of ratings was given."""

    def compute(means: Floats) -> Floats:
        shares = (means / means.sum(axis=-1, keepdims=True)).reshape(*means.shape[:-1], *weight.shape)
        chance = shares.sum(axis=-1)[..., :, None] * shares.sum(axis=-2)[..., None, :]
        expected = (weight * chance).sum(axis=(-2, -1))
        return np.asarray(1 - (weight * shares).sum(axis=(-2, -1)) / np.where(expected > 0, expected, np.nan))

    return compute


def _fleiss_of(means: Floats) -> Floats:
    """Return kappa from means of how many items there are, their agreeing pairs, and their shares of values."""
    means = means[..., 1:] / means[..., :1]
    chance = (means[..., 1:] ** 2).sum(axis=-1)
    return np.asarray((means[..., 0] - chance) / np.where(chance < 1 - 1e-12, 1 - chance, np.nan))
