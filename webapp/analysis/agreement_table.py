"""Ratings of several annotators as a table of items by annotators, and what agreement statistics read from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

MISSING = -1

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]


def checked(codes: ArrayLike, values: int) -> Codes:
    """Return [items, annotators] ratings as integers below `values`, MISSING where an annotator gave none.

    Raises:
        ValueError: if the table has another shape or a rating is none of the values.

    """
    table = np.asarray(codes, dtype=np.int64)
    if table.ndim != 2 or not table.size:
        raise ValueError("ratings are a table of items by annotators with at least one of each")
    if table.min() < MISSING or table.max() >= values:
        raise ValueError(f"a rating is a number from 0 to {values - 1}, or {MISSING} where there is none")
    return table


def counts(codes: ArrayLike, values: int) -> Floats:
    """Return [items, values] how many annotators gave each value to each item."""
    table = checked(codes, values)
    found: Floats = (table[:, :, None] == np.arange(values)).sum(axis=1).astype(np.float64)
    return found


def against_rest(codes: ArrayLike, value: int) -> Codes:
    """Return the same ratings as 1 for one value and 0 for all others, MISSING left as it is."""
    table = np.asarray(codes, dtype=np.int64)
    return np.where(table == MISSING, MISSING, (table == value).astype(np.int64))


def gathered(rows: ArrayLike, groups: ArrayLike | None) -> Floats:
    """Return [g, c] the sums of [n, c] rows of one group each, so that what depends on each other is drawn together.

    Without groups every row is one of its own: steps of a text are one group, texts are not.
    """
    given = np.asarray(rows, dtype=np.float64)
    if groups is None:
        return given
    _, places = np.unique(np.asarray(groups), return_inverse=True)
    sums: Floats = np.zeros((places.max() + 1, given.shape[1]))
    np.add.at(sums, places, given)
    return sums
