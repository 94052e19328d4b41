"""Folds for cross-validation: what belongs together is never on both sides."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray


def fold_of(groups: ArrayLike, folds: int, seed: int = 0) -> NDArray[np.intp]:
    """Return [N] the fold of each row: groups (problems) are shuffled by the seed, then dealt out in turn.

    Raises:
        ValueError: if there are fewer groups than folds, or fewer than two folds.

    """
    names, place = np.unique(np.asarray(groups), return_inverse=True)
    if not 2 <= folds <= len(names):
        raise ValueError(f"{len(names)} problems cannot be dealt into {folds} folds")
    dealt = np.random.default_rng(seed).permutation(len(names)) % folds
    return np.asarray(dealt[place], dtype=np.intp)


def splits(fold: NDArray[np.intp]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield ([N] rows to fit on, [N] rows to predict) for each fold."""
    for each in range(int(fold.max()) + 1):
        own = fold == each
        yield ~own, own
