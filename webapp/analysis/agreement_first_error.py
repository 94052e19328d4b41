"""How far annotators agree on the first wrong step of a solution."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from webapp.analysis.agreement_table import Floats
from webapp.analysis.bootstrap import DRAWS, Interval, ratio

NO_ERROR = -1
MISSING = -2


@dataclass(frozen=True, slots=True)
class FirstErrors:
    """Agreement of pairs of annotators, each pair of an item counted once.

    Attributes:
        same: the share of pairs that name the same step, or both none (MR-GSM8K and ProcessBench count so).
        existence: the share that agree whether there is an error at all.
        distance: where both found one, by how many steps they differ on average.
        pairs: how many pairs there are.

    """

    same: Interval
    existence: Interval
    distance: Interval
    pairs: int


def first_errors(steps: ArrayLike, *, draws: int = DRAWS, seed: int = 0) -> FirstErrors:
    """Return the agreement of [items, annotators] first wrong steps: from 0, NO_ERROR (-1) or MISSING (-2).

    Raises:
        ValueError: if the table has another shape, or a step is below -2.

    """
    table = np.asarray(steps, dtype=np.int64)
    if table.ndim != 2 or not table.size or table.min() < MISSING:
        raise ValueError("first errors are a table of items by annotators: a step, -1 for none, -2 if missing")
    rows = np.array([_item(row) for row in table])
    same, existence, both, apart, pairs = rows.T
    return FirstErrors(
        same=ratio(same, pairs, draws=draws, seed=seed),
        existence=ratio(existence, pairs, draws=draws, seed=seed),
        distance=ratio(apart, both, draws=draws, seed=seed),
        pairs=int(pairs.sum()),
    )


def _item(row: np.ndarray) -> Floats:
    """Return of an item's pairs: how many are the same, agree on existence, both found one, steps apart, and all."""
    pairs = np.array(list(combinations(row[row != MISSING], 2)), dtype=np.float64).reshape(-1, 2)
    found = pairs != NO_ERROR
    both = found.all(axis=1)
    return np.array(
        [
            (pairs[:, 0] == pairs[:, 1]).sum(), (found[:, 0] == found[:, 1]).sum(), both.sum(),
            np.abs(pairs[both, 0] - pairs[both, 1]).sum(), len(pairs),
        ],
        dtype=np.float64,
    )  # fmt: skip
