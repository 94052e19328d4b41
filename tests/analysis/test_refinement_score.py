"""The cost-adjusted refinement score: parts that standardise, weights that count."""

from __future__ import annotations

import pytest

from webapp.analysis.refinement_score import Weights, refinement_score, standardised

BASE, REFINED, COST = [0.2, 0.5, 0.8], [0.4, 0.5, 0.7], [10.0, 20.0, 60.0]


def test_values_are_standardised_over_all_of_them() -> None:
    assert standardised([1, 2, 3]) == pytest.approx([-(1.5**0.5), 0, 1.5**0.5])
    assert list(standardised([0.1, 0.1, 0.1])) == [0, 0, 0]
    assert list(standardised([7])) == [0]


def test_base_and_gain_count_for_a_model_and_cost_against_it() -> None:
    parts = refinement_score(BASE, REFINED, COST, Weights())
    assert parts.score == pytest.approx(parts.base + parts.gain - parts.cost)
    assert parts.gain == pytest.approx(standardised([0.2, 0.0, -0.1]))
    assert parts.cost == pytest.approx([-0.9258200998, -0.4629100499, 1.3887301497])
    assert list(parts.score).index(max(parts.score)) == 0, "cheap and much improved"


@pytest.mark.parametrize(("weights", "best"), [(Weights(1, 0, 0), 2), (Weights(0, 1, 0), 0), (Weights(0, 0, 1), 0)])
def test_weights_decide_what_matters(weights: Weights, best: int) -> None:
    scores = list(refinement_score(BASE, REFINED, COST, weights).score)
    assert scores.index(max(scores)) == best


def test_the_unit_of_the_cost_changes_nothing() -> None:
    seconds = refinement_score(BASE, REFINED, COST, Weights()).score
    assert refinement_score(BASE, REFINED, [60 * c for c in COST], Weights()).score == pytest.approx(seconds)
