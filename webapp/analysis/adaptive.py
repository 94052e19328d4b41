"""How many samples to draw: when to stop, how hot to draw, what to give up early (arXiv 2410.02725).

The paper's constants could not be verified: both temperature schedules are proposals with settable numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, floor

import numpy as np

EXACT = 9  # decimals: 10 * 0.7 is meant to be 7, whatever binary fractions make of it


def stops_at(scores: Sequence[float], threshold: float) -> int | None:
    """Return the index of the first sample that is good enough to stop at; None while there is none."""
    return next((i for i, score in enumerate(scores) if score >= threshold), None)


def ranking_threshold(earlier: Sequence[float], sample: int) -> float:
    """Return what sample 1, 2, ... must exceed: the 1 - 1 / (sample + 1) quantile of scores on other questions."""
    return float(np.quantile(earlier, 1.0 - 1.0 / (sample + 1)))


def best(scores: Sequence[float]) -> int:
    """Return the index of the highest score, the first of equal ones."""
    return max(range(len(scores)), key=lambda i: scores[i])


def used_and_best(scores: Sequence[float], threshold: float, most: int) -> tuple[int, int]:
    """Return how many of the samples would be drawn one by one, at most `most`, and the index of the best of them."""
    seen = scores[:most]
    stop = stops_at(seen, threshold)
    used = len(seen) if stop is None else stop + 1
    return used, best(seen[:used])


def halving(sample: int, coolest: float = 0.0) -> float:
    """Return the temperature of sample 1, 2, ...: 1 - 2^-(sample - 1), never below the coolest."""
    return max(coolest, 1.0 - 2.0 ** (1 - sample))


def approaching(sample: int, coolest: float, hottest: float, samples_per_e: float) -> float:
    """Return the temperature of sample 1, 2, ...: the gap to the hottest shrinks e-fold every so many samples."""
    return hottest - (hottest - coolest) * exp((1 - sample) / samples_per_e)


def kept(scores: Sequence[float], pruned: float) -> list[int]:
    """Return which of N unfinished samples to finish, in order: the ceil(N (1 - pruned)) with the highest scores.

    Of equal scores the earlier sample is kept.
    """
    count = len(scores) - floor(round(len(scores) * pruned, EXACT))
    ranked = sorted(range(len(scores)), key=lambda i: -scores[i])
    return sorted(ranked[:count])


def pruning_saving(samples: int, finished: int, checkpoint: float, mean_length: float) -> float:
    """Return the share of tokens that pruning saves: all samples up to the checkpoint, only some to their end.

    Lengths are in tokens; a checkpoint beyond the mean length saves nothing.
    """
    begun = min(checkpoint, mean_length)
    return 1.0 - (samples * begun + finished * (mean_length - begun)) / (samples * mean_length)
