"""Resampling problems and, within each, its samples: the two levels at which an evaluation is random.

Samples of one problem are alike, so the error of an accuracy falls with the number of problems, not of samples. What
is estimated is the mean over problems of the mean over their samples. Drawing at both levels counts the spread within
problems once more than the problems' own means already show (Davison and Hinkley, 1997, section 3.8), so these
intervals err on the wide side; `problem_means` with `bootstrap.mean` draws problems alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from webapp.analysis.bootstrap import DRAWS, LEVEL, Floats, Interval, interval

Ints = NDArray[np.int64]


class Samples:
    """[N] values of samples, ordered by their problem: a number from 0 to P - 1, each with a sample or more."""

    def __init__(self, values: ArrayLike, problems: ArrayLike) -> None:
        """Take [N] values and [N] problem numbers.

        Raises:
            ValueError: if there are no samples, or a problem has none.

        """
        given, numbers = np.asarray(values, dtype=np.float64), np.asarray(problems, dtype=np.int64)
        self.sizes: Ints = np.bincount(numbers)
        if not len(given) or not self.sizes.all():
            raise ValueError("every problem from 0 to the last needs at least one sample")
        self.values: Floats = given[np.argsort(numbers, kind="stable")]
        self.starts: Ints = np.cumsum(self.sizes) - self.sizes
        self.means: Floats = np.add.reduceat(self.values, self.starts) / self.sizes
        self.binary = bool(np.isin(self.values, (0.0, 1.0)).all())


def problem_means(values: ArrayLike, problems: ArrayLike) -> Floats:
    """Return [P] the mean value of each problem, from [N] values of samples and [N] problem numbers."""
    return Samples(values, problems).means


def nested_mean(
    values: ArrayLike, problems: ArrayLike, *, draws: int = DRAWS, seed: int = 0, level: float = LEVEL
) -> Interval:
    """Return the mean over problems of [N] sample values, with an interval that draws problems and samples."""
    samples = Samples(values, problems)
    return interval(float(samples.means.mean()), resampled([samples], draws, seed)[:, 0], level)


def nested_difference(a: Samples, b: Samples, *, draws: int = DRAWS, seed: int = 0, level: float = LEVEL) -> Interval:
    """Return the mean of a minus that of b over the same problems; each draw takes the same problems for both.

    Raises:
        ValueError: if they are not about equally many problems.

    """
    drawn = resampled([a, b], draws, seed)
    return interval(float(a.means.mean() - b.means.mean()), drawn[:, 0] - drawn[:, 1], level)


def resampled(groups: Sequence[Samples], draws: int = DRAWS, seed: int = 0) -> Floats:
    """Return [draws, G] the means of G groups of samples of the same problems.

    Raises:
        ValueError: if they are not about equally many problems.

    """
    if len({len(group.sizes) for group in groups}) != 1:
        raise ValueError("samples are compared over the same problems")
    problems, random = len(groups[0].sizes), np.random.default_rng(seed)
    means = np.empty((draws, len(groups)))
    for row in means:
        chosen = random.integers(problems, size=problems)
        row[:] = [_drawn(group, chosen, random).mean() for group in groups]
    return means


def _drawn(samples: Samples, chosen: Ints, random: np.random.Generator) -> Floats:
    """Return the mean of each chosen problem over as many of its samples, drawn with replacement."""
    sizes = samples.sizes[chosen]
    if samples.binary:
        return random.binomial(sizes, samples.means[chosen]) / sizes
    starts = np.repeat(samples.starts[chosen], sizes)
    picked = starts + (random.random(len(starts)) * np.repeat(sizes, sizes)).astype(np.int64)
    sums: Floats = np.add.reduceat(samples.values[picked], np.cumsum(sizes) - sizes)
    return sums / sizes
