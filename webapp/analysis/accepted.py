"""What `flaws` models, of stored samples: each is accepted or not by a weak check, and right or not by a strict one.

Attempts are drawn from the n samples of a problem without replacement, and the expectation over their order is exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from webapp.analysis.coverage import log_share_without
from webapp.analysis.flaws import Attempts, Verifier

Floats = NDArray[np.float64]


class Bucket(NamedTuple):
    """Attempts `first` to `last`: how probably one of them is accepted, and the share of these that is wrong."""

    first: int
    last: int
    accepted: float
    false_positives: float | None


def measured(accepted: ArrayLike, right: ArrayLike) -> Verifier | None:
    """Return the completeness and soundness of a check over [N] samples; None without right or without wrong ones."""
    a, r = np.asarray(accepted, dtype=bool), np.asarray(right, dtype=bool)
    return Verifier(float(a[r].mean()), float((~a[~r]).mean())) if r.any() and not r.all() else None


def attempts(samples: ArrayLike, accepted: ArrayLike, right: ArrayLike, most: int) -> Attempts:
    """Return what up to `most` attempts bring, from [P] samples, accepted ones, and right ones among the accepted.

    A problem with b accepted samples ships one within K attempts with 1 - C(n - b, K) / C(n, K), right with the share
    of right ones among the b.

    Raises:
        ValueError: if a problem has fewer samples than `most`.

    """
    n, b, r = (np.asarray(each, dtype=np.float64)[:, None] for each in (samples, accepted, right))
    if (n < most).any():
        raise ValueError(f"{most} attempts need at least {most} samples of every problem")
    waiting = np.exp(log_share_without(n, b, np.arange(most + 1)))  # [P, most + 1] nothing accepted after k
    shipped = -np.diff(waiting, axis=1)
    share = np.divide(r, b, out=np.zeros_like(r), where=b > 0)
    reached, right_at, wrong_at = waiting[:, :-1], shipped * share, shipped * (1 - share)
    return Attempts(reached.mean(axis=0), right_at.mean(axis=0), wrong_at.mean(axis=0))


def by_powers_of_two(found: Attempts) -> list[Bucket]:
    """Return what attempts 1, 2 to 3, 4 to 7, ... ship; the last bucket ends with the last attempt."""
    most = len(found.reached)
    starts = [2**i for i in range(most.bit_length()) if 2**i <= most]
    return [_bucket(found, start, min(2 * start - 1, most)) for start in starts]


def _bucket(found: Attempts, first: int, last: int) -> Bucket:
    rows = slice(first - 1, last)
    right, wrong = float(found.right[rows].sum()), float(found.wrong[rows].sum())
    return Bucket(first, last, right + wrong, wrong / (right + wrong) if right + wrong > 0 else None)
