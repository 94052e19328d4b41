"""Which signal tells right answers from wrong ones: AUROC of each, with intervals that draw problems.

A signal is a number about each sample. Samples of one problem are alike, so whole problems are drawn; one with
several samples is drawn with all of them (a cluster bootstrap).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from webapp.analysis.bootstrap import DRAWS, LEVEL, Floats, percentiles
from webapp.analysis.calibration import auroc

LOWER_IS_SURER: Final = frozenset(
    {"mean_entropy", "max_entropy", "last_entropy", "perplexity", "distribution_perplexity", "length", "tokens"}
)
STEPS = 250  # of about equal count that scores are rounded to where they are resampled; the estimate itself is exact
AT_ONCE = 4_000_000  # counts held in memory
DENSER = 4  # a full table is quicker by so much a number as one of the counts above 0


class Signal(NamedTuple):
    """How well a signal predicts that a sample is right.

    Attributes:
        name: of the signal; one of `LOWER_IS_SURER` is turned round before it is judged.
        auroc: how probably a right sample has the surer value of a right and a wrong one, ties half; None where
            there are not both.
        low: lower end of its interval; None without an estimate.
        high: its upper end.
        right: right samples that have the signal.
        wrong: wrong samples that have it.

    """

    name: str
    auroc: float | None
    low: float | None
    high: float | None
    right: int
    wrong: int


def judge(
    signals: Mapping[str, ArrayLike], right: ArrayLike, problems: ArrayLike, *,
    draws: int = DRAWS, seed: int = 0, level: float = LEVEL,
) -> list[Signal]:  # fmt: skip
    """Judge signals by name, each [N] with NaN where a sample has none, the best first.

    `right` [N] says which samples are right, `problems` [N] what each is about. Every signal is judged on the samples
    that have it.
    """
    _, problem = np.unique(np.asarray(problems), return_inverse=True)
    good = np.asarray(right, dtype=bool)
    judged = [
        _judge(name, np.asarray(values, dtype=np.float64), good, problem, (draws, seed, level))
        for name, values in signals.items()
    ]
    return sorted(judged, key=lambda each: -1.0 if each.auroc is None else -each.auroc)


def _judge(
    name: str, values: Floats, right: NDArray[np.bool_], problem: NDArray[np.intp], how: tuple[int, int, float]
) -> Signal:
    known = ~np.isnan(values)
    surer, good = (-1 if name in LOWER_IS_SURER else 1) * values[known], right[known]
    counts = int(good.sum()), int((~good).sum())
    if (estimate := auroc(surer, good)) is None:
        return Signal(name, None, None, None, *counts)
    draws, seed, level = how
    low, high = percentiles(resampled(surer, good, problem[known], draws, seed), level)
    return Signal(name, estimate, float(low), float(high), *counts)


def resampled(scores: Floats, right: NDArray[np.bool_], problems: NDArray[np.intp], draws: int, seed: int) -> Floats:
    """Return [draws] the AUROC of [N] scores over problems drawn with replacement; NaN where a kind is not drawn."""
    _, problem = np.unique(problems, return_inverse=True)
    cell = 2 * _steps(scores) + right
    counts = _of_samples if problem.max() + 1 == len(cell) else _of_problems
    random = np.random.default_rng(seed)
    return np.concatenate([_auroc(part) for part in counts(cell, problem, draws, random)])


def _auroc(counts: Floats) -> Floats:
    """Return [D] the AUROC from [D, 2 S] how many samples are wrong, and right, on each rising step."""
    wrong, right = counts[:, ::2], counts[:, 1::2]
    below = np.cumsum(wrong, axis=1) - wrong / 2
    with np.errstate(invalid="ignore"):
        found: Floats = (right * below).sum(axis=1) / (right.sum(axis=1) * wrong.sum(axis=1))
    return found


def _of_samples(
    cell: NDArray[np.intp], problem: NDArray[np.intp], draws: int, random: np.random.Generator
) -> Iterator[Floats]:
    """Yield the counts of N samples drawn with replacement: what is drawn where every problem has one."""
    sizes = np.bincount(cell, minlength=2 * STEPS)
    yield random.multinomial(len(cell), sizes / len(cell), size=draws).astype(np.float64)


def _of_problems(
    cell: NDArray[np.intp], problem: NDArray[np.intp], draws: int, random: np.random.Generator
) -> Iterator[Floats]:
    """Yield the counts of the samples of P problems drawn with replacement, some draws at a time."""
    problems = int(problem.max()) + 1
    table = csr_array((np.ones(len(cell)), (problem, cell)), shape=(problems, 2 * STEPS))
    samples = table.toarray() if problems * STEPS < min(AT_ONCE, DENSER * len(cell)) else table
    size = max(1, AT_ONCE // problems)
    for done in range(0, draws, size):
        chosen = [random.integers(problems, size=problems) for _ in range(min(size, draws - done))]
        yield np.array([np.bincount(each, minlength=problems) for each in chosen], dtype=np.float64) @ samples


def _steps(scores: Floats) -> NDArray[np.intp]:
    """Return [N] which of at most `STEPS` rising steps each score is on: one of its own where they are few."""
    distinct, place = np.unique(scores, return_inverse=True)
    if len(distinct) <= STEPS:
        return np.asarray(place, dtype=np.intp)
    edges = np.quantile(scores, np.arange(1, STEPS) / STEPS)
    return np.searchsorted(edges, scores, side="right")
