"""Consistency numbers against the survey's example and independent ones."""

from __future__ import annotations

from math import log

import pytest

from webapp.analysis.consistency import majority_share, neg_entropy, neg_variance, read_lens, spread


@pytest.mark.parametrize(
    ("values", "variance", "entropy", "share"),
    [
        ([4, 3, 3, 3, 4], -0.24, -0.970950594455, 0.6),
        ([5, 3, 3, 3, 3], -0.64, -0.721928094887, 0.8),
        ([4, 4, 3, 4, 4], -0.16, -0.721928094887, 0.8),
        ([0, 0, 5, 4, 4, 4], -4.13888888889, -1.45914791703, 0.5),
        ([7], 0.0, 0.0, 1.0),
    ],
    ids=["survey", "response", "decoding", "latent", "one"],
)
def test_they_are_those_of_the_survey(values: list[int], variance: float, entropy: float, share: float) -> None:
    assert neg_variance(values) == pytest.approx(variance, abs=1e-10)
    assert neg_entropy(values) == pytest.approx(entropy, abs=1e-10)
    assert majority_share(values) == pytest.approx(share)


def test_letters_have_an_entropy_too() -> None:
    assert neg_entropy(["A", "B"]) == -1.0


def test_nothing_said_has_no_consistency() -> None:
    assert (neg_variance([]), neg_entropy([]), majority_share([])) == (None, None, None)


def test_a_layer_says_what_most_of_the_captured_mass_fell_on() -> None:
    lens = read_lens([[0.1, 0.3, 0.0], [0.0, 0.0, 0.2], [0.0, 0.0, 0.0]])
    assert lens.says.tolist() == [1, 2, 0]
    assert lens.share == pytest.approx([0.75, 1.0, 1 / 3])
    assert lens.entropy == pytest.approx([-(0.25 * log(0.25) + 0.75 * log(0.75)), 0.0, log(3)])
    assert lens.captured == pytest.approx([0.4, 0.2, 0.0])


@pytest.mark.parametrize(
    ("layers", "count", "expected"),
    [(32, 3, [0, 16, 31]), (30, 1, [0]), (4, 4, [0, 1, 2, 3]), (3, 9, [0, 1, 2]), (1, 3, [0])],
)
def test_layers_are_spread_evenly(layers: int, count: int, expected: list[int]) -> None:
    assert spread(layers, count) == expected
