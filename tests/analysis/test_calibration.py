"""Calibration numbers on cases that can be counted by hand."""

from __future__ import annotations

import pytest

from webapp.analysis.calibration import auroc, brier, equal_count_bins


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
