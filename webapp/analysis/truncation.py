"""What each truncation rule keeps of a next-token distribution: every rule keeps a number of the likeliest tokens.

Top-H: arXiv 2509.02510, algorithm 1, and the authors' code, which computes something else. The engine's
`truncation` does the same on the device while a text is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
REPO_TOKENS = 100  # of which the authors' code of top-H keeps some
HEAD = 1024


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of the rules that are compared; the defaults are those of the top-H paper's comparisons."""

    alpha: float = 0.4
    top_p: float = 0.9
    min_p: float = 0.1
    top_k: int = 20
    eta: float = 0.0002


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """A next-token distribution as far as it is known.

    Attributes:
        probabilities: [k] of the likeliest tokens, best first.
        entropy: of the whole distribution, in nats; None where it is not known.
        whole: whether the k tokens are all there are.

    """

    probabilities: Floats
    entropy: float | None
    whole: bool

    @staticmethod
    def of(logits: NDArray[np.floating], temperature: float = 1.0) -> Distribution:
        """Return the whole distribution of logits [V] at a temperature above 0."""
        # numbers of the engine's 32 bits are sorted in half the time of their probabilities
        probabilities = softmax(np.sort(logits)[::-1], temperature)
        return Distribution(probabilities, entropy(probabilities), whole=True)

    def head(self) -> Distribution:
        """Return it as it is known from its first tokens, which decide most rules in a fraction of the time."""
        return (
            self
            if len(self.probabilities) <= HEAD
            else replace(self, probabilities=self.probabilities[:HEAD], whole=False)
        )


class Cut(NamedTuple):
    """How many tokens a rule keeps, their mass, and the entropy of the kept ones, renormalised (nats).

    All None where what is known of the distribution does not decide it.
    """

    kept: int | None
    mass: float | None = None
    entropy: float | None = None


def softmax(logits: NDArray[np.floating], temperature: float = 1.0) -> Floats:
    """Return the probabilities [..., V] of logits at a temperature above 0."""
    tempered = logits.astype(np.float64) / temperature
    weights = np.exp(tempered - tempered.max(-1, keepdims=True))
    shares: Floats = weights / weights.sum(-1, keepdims=True)
    return shares


def entropy(probabilities: Floats) -> float:
    """Return the entropy of a distribution [k] in nats."""
    return float(partial_entropies(probabilities)[-1])


def partial_entropies(probabilities: Floats) -> Floats:
    """Return [k] the sums of -p log p over the first 1, 2, ... tokens."""
    sums: Floats = np.cumsum(-probabilities * np.log(np.maximum(probabilities, np.finfo(np.float64).tiny)))
    return sums


def kept_entropies(probabilities: Floats) -> Floats:
    """Return [k] the entropy of the first 1, 2, ... tokens, renormalised; it never falls."""
    mass = np.cumsum(probabilities)
    entropies: Floats = partial_entropies(probabilities) / mass + np.log(mass)
    return entropies


def top_h(d: Distribution, alpha: float) -> int | None:
    """Keep the most tokens whose entropy, renormalised, is at most alpha times that of all (algorithm 1)."""
    if d.entropy is None:
        return None
    return _until(d, (kept_entropies(d.probabilities) > alpha * d.entropy) | (d.probabilities == 0))


def top_h_repo(d: Distribution, alpha: float) -> int | None:
    """Keep what the authors' code does: sums of -p log p, not renormalised, over the first 100 tokens alone.

    Where fewer are known, the sum over 100 lies between that over the known ones and the entropy of all; the cut is
    known if both agree on it.
    """
    partial = partial_entropies(d.probabilities)
    first = min(REPO_TOKENS, len(partial))
    none_left = d.probabilities == 0
    none_left[first:] = True
    if d.whole or len(partial) >= REPO_TOKENS:
        return _until(d, (partial > alpha * partial[first - 1]) | none_left)
    if d.entropy is None:
        return None
    least, most = (_until(d, (partial > alpha * whole) | none_left) for whole in (partial[-1], d.entropy))
    return least if least == most else None


def top_p(d: Distribution, mass: float) -> int | None:
    """Keep the fewest tokens whose probabilities sum up to at least a mass."""
    return _until(d, np.cumsum(d.probabilities) - d.probabilities >= mass)


def min_p(d: Distribution, share: float) -> int | None:
    """Keep what is at least so many times as probable as the likeliest token."""
    return _until(d, d.probabilities < share * d.probabilities[0])


def top_k(d: Distribution, count: int) -> int | None:
    """Keep so many tokens, and those that are as probable as the last of them."""
    p = d.probabilities
    if count > len(p):
        return len(p) if d.whole else None
    return _until(d, p < p[count - 1])


def eta(d: Distribution, epsilon: float) -> int | None:
    """Keep what is at least min(epsilon, sqrt(epsilon) exp(-H)) probable (Hewitt et al. 2022)."""
    if d.entropy is None:
        return None
    return _until(d, d.probabilities < min(epsilon, np.sqrt(epsilon) * np.exp(-d.entropy)))


RULES: Mapping[str, Callable[[Distribution, Rules], int | None]] = {
    "top_h": lambda d, rules: top_h(d, rules.alpha),
    "top_h_repo": lambda d, rules: top_h_repo(d, rules.alpha),
    "top_p": lambda d, rules: top_p(d, rules.top_p),
    "min_p": lambda d, rules: min_p(d, rules.min_p),
    "top_k": lambda d, rules: top_k(d, rules.top_k),
    "eta": lambda d, rules: eta(d, rules.eta),
}


def cuts(d: Distribution, rules: Rules) -> dict[str, Cut]:
    """Return the cut of every rule by its name."""
    mass, entropies = np.cumsum(d.probabilities), kept_entropies(d.probabilities)

    def cut(kept: int | None) -> Cut:
        return Cut(None) if kept is None else Cut(kept, float(mass[kept - 1]), float(entropies[kept - 1]))

    return {name: cut(rule(d, rules)) for name, rule in RULES.items()}


def kept_along(rows: Sequence[Distribution | None], rules: Rules) -> dict[str, list[int | None]]:
    """Return how many tokens each rule keeps at each of T positions; None where nothing decides it."""
    kept: dict[str, list[int | None]] = {name: [] for name in RULES}
    for d in rows:
        head = None if d is None else d.head()
        for name, rule in RULES.items():
            count = None if head is None else rule(head, rules)
            kept[name].append(rule(d, rules) if count is None and d is not None else count)
    return kept


def _until(d: Distribution, over: NDArray[np.bool_]) -> int | None:
    """Return how many tokens stand before the first that is over, the first one always; None if none is known."""
    where = np.flatnonzero(over[1:])
    if where.size:
        return int(where[0]) + 1
    return len(over) if d.whole else None
