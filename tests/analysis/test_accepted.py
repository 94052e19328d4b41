"""Stored samples behind a weak check, against drawing them in every order."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from webapp.analysis.accepted import attempts, by_powers_of_two, measured
from webapp.analysis.coverage import pass_at_k
from webapp.analysis.flaws import Values, best_attempts

# Two problems of five samples: (accepted by the weak check, right by the strict one).
EASY = [(1, 1), (1, 1), (0, 0), (1, 0), (0, 0)]
HARD = [(0, 0), (0, 0), (1, 0), (0, 0), (0, 0)]


def shipped(samples: list[tuple[int, int]], k: int) -> tuple[float, float]:
    """Return how often attempt k ships a right and a wrong one, over all orders."""
    outcomes = [
        order[k - 1] for order in permutations(samples) if order[k - 1][0] and not any(a for a, _ in order[: k - 1])
    ]
    return sum(r for _, r in outcomes) / 120, sum(1 - r for _, r in outcomes) / 120


def test_it_is_the_mean_over_all_orders() -> None:
    found = attempts([5, 5], [3, 1], [2, 0], 5)
    for k in range(1, 6):
        (right_easy, wrong_easy), (right_hard, wrong_hard) = shipped(EASY, k), shipped(HARD, k)
        assert found.right[k - 1] == pytest.approx((right_easy + right_hard) / 2)
        assert found.wrong[k - 1] == pytest.approx((wrong_easy + wrong_hard) / 2)
    assert found.reached[:3] == pytest.approx([1, (2 / 5 + 4 / 5) / 2, (1 / 10 + 3 / 5) / 2])


def test_rewards_are_the_closed_form() -> None:
    n, b, plus, k = np.array([20, 20, 20]), np.array([15, 4, 0]), np.array([12, 1, 0]), np.arange(1, 21)
    rewards = attempts(n, b, plus, 20).rewards(Values(1, -2))
    share = np.array([(12 - 2 * 3) / 15, (1 - 2 * 3) / 4, 0])
    assert rewards == pytest.approx((pass_at_k(n[:, None], b[:, None], k) * share[:, None]).mean(axis=0))
    assert best_attempts(rewards) == int(rewards.argmax()) + 1


def test_buckets_are_powers_of_two() -> None:
    found = by_powers_of_two(attempts([5, 5], [3, 1], [2, 0], 5))
    assert [(each.first, each.last) for each in found] == [(1, 1), (2, 3), (4, 5)]
    assert found[0].accepted == pytest.approx((3 / 5 + 1 / 5) / 2)
    assert found[0].false_positives == pytest.approx((1 / 5 + 1 / 5) / (4 / 5))
    assert found[2].false_positives == 1
    assert sum(each.accepted for each in found) == pytest.approx(1)
    assert by_powers_of_two(attempts([2], [0], [0], 2))[0].false_positives is None


def test_the_check_is_measured_on_the_samples() -> None:
    accepted, right = zip(*EASY, *HARD, strict=True)
    found = measured(accepted, right)
    assert found is not None and (found.completeness, found.soundness) == (1.0, 6 / 8)
    assert measured([1, 0], [1, 1]) is None and measured([], []) is None


def test_more_attempts_than_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 6 samples"):
        attempts([6, 5], [1, 1], [1, 1], 6)
