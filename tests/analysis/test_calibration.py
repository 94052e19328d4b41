"""Calibration numbers on cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, roc_auc_score

from webapp.analysis.calibration import (
    auroc,
    brier,
    calibration_error,
    equal_count_bins,
    equal_width_bins,
    equal_widths,
    rms_error,
)

RANDOM = np.random.default_rng(2)
P = RANDOM.random(997)
RIGHT = RANDOM.random(997) < P**2


def test_auroc_counts_the_pairs_in_order_and_ties_half() -> None:
    assert auroc([0.9, 0.5, 0.5, 0.1], [True, True, False, False]) == (1 + 1 + 0.5 + 1) / 4
    assert auroc([0.1, 0.9], [True, False]) == 0.0


@pytest.mark.parametrize("positive", [[True, True], [False, False], []])
def test_auroc_needs_both_kinds(positive: list[bool]) -> None:
    assert auroc([0.2] * len(positive), positive) is None


def test_brier_is_over_single_samples() -> None:
    assert brier([0.7], [0.25]) == pytest.approx((0.3**2 + 3 * 0.7**2) / 4)
    assert brier([0.5, 1.0], [0.5, 1.0]) == pytest.approx(0.125)


def test_bins_have_equal_counts_in_order_of_the_predictions() -> None:
    bins = equal_count_bins([0.9, 0.1, 0.4, 0.2, 0.6], [1.0, 0.0, 0.5, 0.5, 0.0], 2)
    assert [each.size for each in bins] == [3, 2]
    assert bins[0] == pytest.approx((0.7 / 3, 1 / 3, 3)) and bins[1] == pytest.approx((0.75, 0.5, 2))
    assert [each.size for each in equal_count_bins([0.1, 0.2], [0.0, 1.0], 10)] == [1, 1]


def test_scikit_learn_agrees() -> None:
    rounded = np.round(P, 1)  # with many ties
    assert auroc(rounded, RIGHT) == pytest.approx(roc_auc_score(RIGHT, rounded), abs=1e-12)
    assert brier(P, RIGHT) == pytest.approx(brier_score_loss(RIGHT, P), abs=1e-12)
    observed, predicted = calibration_curve(RIGHT, P, n_bins=10, strategy="uniform")
    found = equal_width_bins(P, RIGHT, 10)
    assert [b.predicted for b in found] == pytest.approx(list(predicted))
    assert [b.observed for b in found] == pytest.approx(list(observed))
    observed, predicted = calibration_curve(RIGHT[:990], P[:990], n_bins=10, strategy="quantile")
    found = equal_count_bins(P[:990], RIGHT[:990], 10)
    assert [b.predicted for b in found] == pytest.approx(list(predicted))
    assert [b.observed for b in found] == pytest.approx(list(observed))


def test_a_bin_of_equal_width_has_its_upper_end_and_the_first_has_both() -> None:
    assert [part.tolist() for part in equal_widths([0.0, 0.1, 0.2, 0.100001, 0.3, 1.0], 10)] == [
        [0, 1], [2, 3], [4], [5]
    ]  # fmt: skip


def test_errors_weigh_bins_by_what_is_in_them() -> None:
    bins = equal_width_bins([0.1, 0.1, 0.1, 0.9], [0, 0, 0, 0], 2)
    assert calibration_error(bins) == pytest.approx((3 * 0.1 + 0.9) / 4)
    assert rms_error(bins) == pytest.approx(np.sqrt((3 * 0.01 + 0.81) / 4))


def test_of_equal_counts_the_error_is_the_mean_of_the_papers() -> None:
    bins = equal_count_bins(P[:990], RIGHT[:990], 10)
    gaps = np.array([b.observed - b.predicted for b in bins])
    assert calibration_error(bins) == pytest.approx(np.abs(gaps).mean())
    assert rms_error(bins) == pytest.approx(np.sqrt((gaps**2).mean()))


def test_no_prediction_has_no_error() -> None:
    with pytest.raises(ValueError, match="at least one prediction"):
        calibration_error([])


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=60), st.integers(1, 12))
def test_bins_hold_everything_once_and_the_mean_error_is_the_smaller(
    pairs: list[tuple[float, float]], count: int
) -> None:
    p, f = zip(*pairs, strict=True)
    for bins in (equal_width_bins(p, f, count), equal_count_bins(p, f, count)):
        assert sum(b.size for b in bins) == len(p)
        assert sum(b.size * b.predicted for b in bins) == pytest.approx(sum(p))
        assert abs(np.mean(p) - np.mean(f)) - 1e-9 <= calibration_error(bins) <= rms_error(bins) + 1e-9
