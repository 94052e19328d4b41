"""Best of N by self-reward: its exact law, and what it does to lengths."""

from __future__ import annotations

from itertools import product

import pytest

from webapp.analysis.sharpening import bon_distribution, get_shorter, pick_lengths


def enumerated(rewards: list[float], probabilities: list[float], n: int) -> list[float]:
    """Return the law by going through all draws; of equal rewards the first drawn is taken."""
    selected = [0.0] * len(rewards)
    for draws in product(range(len(rewards)), repeat=n):
        mass = 1.0
        for draw in draws:
            mass *= probabilities[draw]
        selected[max(draws, key=lambda i: rewards[i])] += mass
    return selected


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize(
    ("rewards", "probabilities"),
    [
        ([0.1, 0.5, 0.3, 0.9], [0.4, 0.3, 0.2, 0.1]),
        ([1.0, 2.0, 2.0, 1.0], [0.1, 0.25, 0.35, 0.3]),
        ([5.0, 5.0], [0.5, 0.5]),
    ],
)
def test_the_best_of_n_has_the_law_of_the_maximum(rewards: list[float], probabilities: list[float], n: int) -> None:
    law = bon_distribution(rewards, probabilities, n)
    assert law == pytest.approx(enumerated(rewards, probabilities, n), rel=1e-9)
    assert sum(law) == pytest.approx(1.0)


def test_one_draw_is_the_model_and_many_are_its_best() -> None:
    assert bon_distribution([3, 1, 2], [0.2, 0.5, 0.3], 1) == pytest.approx([0.2, 0.5, 0.3])
    assert bon_distribution([3, 1, 2], [0.2, 0.5, 0.3], 200) == pytest.approx([1.0, 0.0, 0.0])


def test_a_text_that_is_never_drawn_is_never_picked() -> None:
    assert bon_distribution([1, 9], [1.0, 0.0], 4) == [1.0, 0.0]


def test_the_expected_length_goes_from_the_mean_to_that_of_the_best() -> None:
    lengths = pick_lengths([-10.0, -20.0, -40.0], [10, 20, 40])
    assert lengths[0] == pytest.approx(70 / 3)
    assert lengths[1] == pytest.approx((5 * 10 + 3 * 20 + 1 * 40) / 9)
    assert lengths[2] == pytest.approx((19 * 10 + 7 * 20 + 1 * 40) / 27)


def test_picks_get_shorter_only_if_they_do_so_all_the_way() -> None:
    assert get_shorter(pick_lengths([-10, -20, -40], [10, 20, 40]))
    assert not get_shorter(pick_lengths([-40, -20, -10], [10, 20, 40]))
    assert not get_shorter(pick_lengths([0.5, 0.5, 0.5], [10, 20, 40])), "without a preference nothing changes"
    assert not get_shorter([10.0, 12.0, 8.0]) and not get_shorter([10.0])
