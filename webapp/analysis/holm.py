"""Many comparisons at once: Holm's (1979) step-down correction."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return [m] adjusted p-values: below alpha for all m together where the family-wise error is to be below it.

    In rising order p_(i) becomes max over j <= i of (m - j + 1) p_(j), at most 1. A NaN (no comparison) stays one and
    is not counted.
    """
    p = np.asarray(p_values, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted = np.full(len(p), np.nan)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return adjusted
