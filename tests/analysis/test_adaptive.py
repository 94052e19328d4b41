"""When to stop, how hot to draw, what to prune: against numbers that were derived independently in float64."""

from __future__ import annotations

from math import exp

import pytest

from webapp.analysis.adaptive import (
    approaching,
    best,
    halving,
    kept,
    pruning_saving,
    ranking_threshold,
    stops_at,
    used_and_best,
)
from webapp.engine.protocol import OptionProbabilities

YES_NO_LOGPROBS = [(-0.35, -1.6), (-0.9, -0.55), (-1.4, -0.31), (-2.1, -0.16)]
SCORES = [0.222700138825, 0.586617578917, 0.748381721607, 0.874352143485]
SAMPLES = [1, 2, 3, 4, 5, 8, 16]
UNFINISHED = [0.41, 0.73, 0.22, 0.58, 0.66, 0.13, 0.49, 0.8]


def test_the_score_is_the_share_of_no() -> None:
    masses = [(exp(no), exp(yes)) for yes, no in YES_NO_LOGPROBS]
    shares = [OptionProbabilities(("No", "Yes"), pair).probabilities[0] for pair in masses]
    assert shares == pytest.approx(SCORES, abs=1e-11)


@pytest.mark.parametrize(("threshold", "used", "index"), [(0.5, 2, 1), (0.7, 3, 2), (0.9, 4, 3)])
def test_drawing_stops_at_the_first_good_enough_sample(threshold: float, used: int, index: int) -> None:
    assert used_and_best(SCORES, threshold, 4) == (used, index)


def test_the_best_is_not_always_the_last_and_the_most_is_a_bound() -> None:
    assert used_and_best([0.4, 0.2, 0.9], 0.8, 2) == (2, 0)
    assert used_and_best([0.4, 0.9, 0.2], 1.0, 3) == (3, 1)


def test_a_sample_must_be_among_the_best_of_more_earlier_scores_the_later_it_comes() -> None:
    earlier = [i / 100 for i in range(101)]
    bars = [ranking_threshold(earlier, sample) for sample in (1, 2, 3, 9)]
    assert bars == pytest.approx([1 / 2, 2 / 3, 3 / 4, 9 / 10])


def test_a_score_at_the_threshold_is_enough_and_of_equal_ones_the_first_is_the_best() -> None:
    assert stops_at([0.1, 0.5, 0.7], 0.5) == 1
    assert stops_at([0.1, 0.5], 0.500001) is None and stops_at([], 0.0) is None
    assert best([0.2, 0.6, 0.6]) == 1


def test_temperatures_that_halve_their_distance_to_one() -> None:
    expected = [0.0, 0.5, 0.75, 0.875, 0.9375, 0.9921875, 0.999969482422]
    assert [halving(i) for i in SAMPLES] == pytest.approx(expected, abs=1e-11)
    assert [halving(i, 0.1) for i in (1, 2)] == [0.1, 0.5]


def test_temperatures_that_approach_the_hottest() -> None:
    expected = [0.2, 0.51477547223, 0.705696447063, 0.821495871881, 0.891731773411, 0.975842093262, 0.999557532504]
    assert [approaching(i, 0.2, 1.0, 2.0) for i in SAMPLES] == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize(("pruned", "finished", "saving"), [(0.5, [1, 3, 4, 7], 0.42), (0.75, [1, 7], 0.63)])
def test_the_best_unfinished_samples_are_finished(pruned: float, finished: list[int], saving: float) -> None:
    assert kept(UNFINISHED, pruned) == finished
    assert pruning_saving(8, len(finished), 64, 400) == pytest.approx(saving)


@pytest.mark.parametrize(
    ("samples", "pruned", "count"), [(10, 0.7, 3), (100, 0.29, 71), (3, 0.5, 2), (1, 0.75, 1), (5, 0.0, 5)]
)
def test_as_many_are_kept_as_the_fraction_says(samples: int, pruned: float, count: int) -> None:
    assert kept([0.5] * samples, pruned) == list(range(count)), "of equal ones the earlier"


def test_a_checkpoint_after_the_end_saves_nothing() -> None:
    assert pruning_saving(8, 2, 64, 40) == pytest.approx(0.0)
    assert pruning_saving(8, 8, 64, 400) == pytest.approx(0.0)
