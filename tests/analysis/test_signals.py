"""AUROC of signals with intervals over problems, against resampling by hand and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from webapp.analysis.calibration import auroc
from webapp.analysis.signals import STEPS, judge, resampled

RANDOM = np.random.default_rng(6)
PROBLEM = np.repeat(np.arange(60), RANDOM.integers(1, 9, size=60))
N = len(PROBLEM)
EASE = RANDOM.random(60)[PROBLEM]
RIGHT = RANDOM.random(N) < EASE
SURE = EASE + RANDOM.normal(size=N) / 3


def by_hand(scores: np.ndarray, right: np.ndarray, problem: np.ndarray, draws: int) -> list[float]:
    """Draw problems and take their samples."""
    random, rows = np.random.default_rng(99), [np.flatnonzero(problem == p) for p in np.unique(problem)]
    taken = (np.concatenate([rows[p] for p in random.integers(len(rows), size=len(rows))]) for _ in range(draws))
    return [found for each in taken if (found := auroc(scores[each], right[each])) is not None]


@pytest.mark.parametrize("one_each", [False, True], ids=["several samples a problem", "one"])
def test_the_interval_is_that_of_drawing_problems(one_each: bool) -> None:
    problem = np.arange(N) if one_each else PROBLEM
    found = resampled(SURE, RIGHT, problem, 4000, 1)
    theirs = by_hand(SURE, RIGHT, problem, 1500)
    assert found.mean() == pytest.approx(np.mean(theirs), abs=0.004)
    assert found.std() == pytest.approx(np.std(theirs), rel=0.1)
    assert np.percentile(found, [2.5, 97.5]) == pytest.approx(np.percentile(theirs, [2.5, 97.5]), abs=0.012)


def test_the_estimate_is_exact_and_the_best_stands_first() -> None:
    signals = {"noise": RANDOM.normal(size=N), "p_true": SURE, "mean_entropy": -SURE, "length": EASE * 100}
    found = judge(signals, RIGHT, PROBLEM, draws=200)
    assert [each.name for each in found] == ["p_true", "mean_entropy", "noise", "length"]
    assert found[0].auroc == pytest.approx(roc_auc_score(RIGHT, SURE))
    assert found[1][1:] == found[0][1:], "a signal where lower is surer is turned round"
    assert found[3].auroc == pytest.approx(1 - roc_auc_score(RIGHT, EASE))
    for each in found:
        assert each.low is not None and each.high is not None and each.auroc is not None
        assert each.low < each.auroc < each.high
        assert (each.right, each.wrong) == (RIGHT.sum(), N - RIGHT.sum())
    assert found == judge(signals, RIGHT, PROBLEM, draws=200)


def test_samples_without_a_signal_are_left_out_of_it() -> None:
    some = np.where(np.arange(N) < 40, SURE, np.nan)
    [found] = judge({"p_true": some}, RIGHT, PROBLEM, draws=100)
    assert found.auroc == pytest.approx(roc_auc_score(RIGHT[:40], SURE[:40]))
    assert found.right + found.wrong == 40


def test_without_both_kinds_there_is_nothing_to_tell() -> None:
    found = judge({"a": SURE, "b": np.full(N, np.nan)}, np.ones(N, bool), PROBLEM)
    assert [each[1:] for each in found] == [(None, None, None, N, 0), (None, None, None, 0, 0)]


def test_steps_that_scores_are_rounded_to_hardly_move_the_interval() -> None:
    random = np.random.default_rng(3)
    right = random.random(6000) < 0.4
    scores = right + 1.5 * random.normal(size=6000)
    assert len(np.unique(scores)) > 10 * STEPS
    found = resampled(scores, right, np.arange(6000), 1000, 0)
    assert found.mean() == pytest.approx(roc_auc_score(right, scores), abs=0.001)
    assert found.std() == pytest.approx(np.std(by_hand(scores, right, np.arange(6000), 300)), rel=0.15)


def test_more_copies_of_a_sample_do_not_make_it_surer() -> None:
    [once] = judge({"p_true": SURE}, RIGHT, np.arange(N))
    [copied] = judge({"p_true": np.repeat(SURE, 20)}, np.repeat(RIGHT, 20), np.repeat(np.arange(N), 20))
    assert once.low is not None and copied.low is not None and once.high is not None and copied.high is not None
    assert copied.high - copied.low == pytest.approx(once.high - once.low, rel=0.1)
