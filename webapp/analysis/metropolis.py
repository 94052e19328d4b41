"""Metropolis-Hastings on texts: the odds of taking a proposal that rewrote the end of the current text.

The target is p(y)^alpha over whole texts, p the raw model. A proposal keeps the tokens before a position drawn
uniformly among those of the current text, and draws the rest from a tempered law q (arXiv 2510.14901).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A text of n >= 1 tokens: [n] log p at temperature 1, and [n] log q of the law its proposals are drawn from."""

    logp: NDArray[np.float64]
    logq: NDArray[np.float64]

    @staticmethod
    def of(logp: ArrayLike, logq: ArrayLike) -> Path:
        """Return a path of two columns of a token trace."""
        return Path(np.asarray(logp, dtype=np.float64), np.asarray(logq, dtype=np.float64))

    def __len__(self) -> int:
        return len(self.logp)

    @property
    def likelihood(self) -> float:
        """The log-probability of the whole text."""
        return float(self.logp.sum())

    def between(self, start: int, stop: int | None = None) -> tuple[float, float]:
        """Return the sums of log p and of log q over [start, stop)."""
        return float(self.logp[start:stop].sum()), float(self.logq[start:stop].sum())


def log_odds(alpha: float, new: tuple[float, float], old: tuple[float, float]) -> float:
    """Return alpha (log p' - log p) + log q - log q' of two ends, each given as its sums of log p and log q."""
    return alpha * (new[0] - old[0]) + old[1] - new[1]


def exact(alpha: float, current: Path, proposal: Path, start: int) -> float:
    """Return log r of a proposal that differs from position `start` on, for texts of any two lengths.

    The position is one of n in the current text and one of n' in the proposal, so the way back is chosen n / n' times
    as often as the way there. With that factor every position's moves are reversible by themselves, and with them
    their mixture.
    """
    balance = log_odds(alpha, proposal.between(start), current.between(start))
    return balance + log(len(current)) - log(len(proposal))


def truncating(alpha: float, current: Path, proposal: Path, start: int) -> float:
    """Return log r as the authors' code has it: both ends cut to the shorter one, positions not accounted for.

    Reversible only where both texts are equally long.
    """
    stop = min(len(current), len(proposal))
    return log_odds(alpha, proposal.between(start, stop), current.between(start, stop))


def climbing(current: Path, proposal: Path, start: int) -> float:
    """Return log r of the limit alpha -> infinity: a likelier end is taken for sure, any other never."""
    return 0.0 if proposal.between(start)[0] > current.between(start)[0] else float("-inf")


def probability(log_r: float) -> float:
    """Return min(1, r): how probably a proposal is taken."""
    return exp(min(0.0, log_r))
