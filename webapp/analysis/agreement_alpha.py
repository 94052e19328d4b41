"""Krippendorff's alpha: agreement beyond chance of any number of annotators, with ratings missing.

Krippendorff, *Content Analysis* (2004), chapter 11, and *Computing Krippendorff's alpha-reliability* (2011):
alpha = 1 - D_o / D_e, the observed over the expected disagreement of pairs of ratings, both from the coincidence
matrix o_ck = sum over items of n_uc (n_uk - [c = k]) / (m_u - 1). Items with fewer than two ratings do not count.
Intervals are percentile bootstrap over items, or over the groups that items come in (steps of one text), and leave
out draws in which every rating is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from webapp.analysis.agreement_table import Floats, against_rest, counts, gathered
from webapp.analysis.bootstrap import DRAWS, Interval, of_means

Level = Literal["nominal", "ordinal"]


def alpha(
    codes: ArrayLike,
    values: int,
    level: Level = "nominal",
    *,
    groups: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Return alpha of [items, annotators] ratings: 1 is full agreement, 0 is chance, below 0 is worse than chance.

    Args:
        codes: ratings as numbers below `values`, -1 where missing; for `ordinal` in the order of the values.
        values: how many values there are.
        level: whether values are only the same or different, or ranked.
        groups: [items] what each belongs to, if some are not independent; resampled as a whole.
        draws: bootstrap samples.
        seed: of the bootstrap.

    Returns:
        Alpha with its interval; NaN where no two ratings of one item can be compared, or all ratings are the same.

    """
    counted = counts(codes, values)
    pairable = counted.sum(axis=1) >= 2
    if not pairable.any():
        return Interval(np.nan, np.nan, np.nan)
    flat = coincidences(counted[pairable]).reshape(-1, values * values)
    rows = gathered(flat, None if groups is None else np.asarray(groups)[pairable])
    return of_means(rows, _alpha_of(values, len(rows), level), draws=draws, seed=seed)


def alpha_per_value(
    codes: ArrayLike, values: int, *, groups: ArrayLike | None = None, draws: int = DRAWS, seed: int = 0
) -> list[Interval]:
    """Return, for each value, the nominal alpha of that value against all others together."""
    return [alpha(against_rest(codes, v), 2, groups=groups, draws=draws, seed=seed) for v in range(values)]


def coincidences(counted: Floats) -> Floats:
    """Return [items, values, values] the coincidences that each item adds, from [items, values] counts above 1."""
    ordered_pairs = counted[:, :, None] * (counted[:, None, :] - np.eye(counted.shape[1]))
    return np.asarray(ordered_pairs / (counted.sum(axis=1) - 1)[:, None, None])


def _alpha_of(values: int, rows: int, level: Level) -> Callable[[Floats], Floats]:
    """Return alpha as a function of the mean coincidences [..., values * values] of a row."""

    def compute(means: Floats) -> Floats:
        observed = rows * means.reshape(*means.shape[:-1], values, values)
        totals = observed.sum(axis=-1)
        n = totals.sum(axis=-1)
        distance = _squared_distances(totals, level)
        expected = totals[..., :, None] * totals[..., None, :]
        disagreement = (observed * distance).sum(axis=(-2, -1)) * (n - 1)
        chance = (expected * distance).sum(axis=(-2, -1))
        return np.asarray(1 - disagreement / np.where(chance > 0, chance, np.nan))

    return compute


def _squared_distances(totals: Floats, level: Level) -> Floats:
    """Return [..., values, values] how different two values are, from how often [..., values] each was given.

    Ordinal: (sum of n_g for g from c to k, less half of n_c and of n_k) squared.
    """
    values = totals.shape[-1]
    if level == "nominal":
        return 1 - np.eye(values)
    middles = np.cumsum(totals, axis=-1) - totals / 2
    return np.asarray((middles[..., :, None] - middles[..., None, :]) ** 2)
