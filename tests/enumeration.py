"""A language so small that all its texts can be listed: what sampling methods must agree with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

Law = Mapping[tuple[int, ...], float]
END = 4
VOCABULARY = 5
LONGEST = 3


class Language:
    """Random next-token logits for every prefix; a text ends with END, or after `longest` tokens without it."""

    def __init__(self, seed: int = 0, longest: int = LONGEST, spread: float = 1.5) -> None:
        self.seed = seed
        self.longest = longest
        self.spread = spread

    @cache  # noqa: B019 - a test makes a handful of them
    def logits(self, prefix: tuple[int, ...]) -> NDArray[np.float64]:
        """[V] what follows a prefix."""
        return self.spread * np.random.default_rng([self.seed, len(prefix), *prefix]).normal(size=VOCABULARY)

    def logprobs(self, prefix: tuple[int, ...], temperature: float = 1.0) -> NDArray[np.float64]:
        """[V] log-probabilities after a prefix."""
        return log_softmax(self.logits(prefix) / temperature)

    def ends(self, text: tuple[int, ...]) -> bool:
        """Whether nothing follows a text."""
        return len(text) == self.longest or text[-1:] == (END,)

    def texts(self, prefix: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
        """Yield all whole texts that begin with a prefix."""
        if self.ends(prefix):
            yield prefix
            return
        for token in range(VOCABULARY):
            yield from self.texts((*prefix, token))

    def path(self, text: tuple[int, ...], temperature: float = 1.0) -> list[float]:
        """[T] the log-probability of each token of a text."""
        return [float(self.logprobs(text[:i], temperature)[token]) for i, token in enumerate(text)]

    def law(self, alpha: float = 1.0) -> Law:
        """Return the probability of every whole text under p^alpha, normalised."""
        return normalised({text: np.exp(alpha * sum(self.path(text))) for text in self.texts()})


def log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """[V] logits as log-probabilities."""
    shifted = logits - logits.max()
    result: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum())
    return result


def normalised(weights: Law) -> Law:
    """Return weights that sum to 1."""
    total = sum(weights.values())
    return {text: float(weight / total) for text, weight in weights.items()}


def chi_square_z(drawn: Mapping[tuple[int, ...], float], law: Law, n: float) -> float:
    """Return how many standard deviations the chi-square of n draws lies above what is to be expected.

    Texts expected less than five times are pooled.
    """
    rare = {text for text, p in law.items() if n * p < 5}
    cells = [(drawn.get(text, 0.0), n * p) for text, p in law.items() if text not in rare]
    if rare:
        cells.append((sum(drawn.get(text, 0.0) for text in rare), n * sum(law[text] for text in rare)))
    free = len(cells) - 1
    chi2 = sum((count - expected) ** 2 / expected for count, expected in cells)
    return float((chi2 - free) / np.sqrt(2 * free))
