"""Easy or hard: MAgICoRe's quality and confidence."""

from __future__ import annotations

from math import log

import pytest

from webapp.analysis.routing import Thresholds, confidence, entropy, route, tenths

ORDINARY = Thresholds(mean=1.0, deviation=0.5)


@pytest.mark.parametrize(
    ("votes", "nats", "sure"),
    [
        ([1, 1, 1], 1.0986, 0.5),
        ([2, 1, 1], 1.0397, 0.5224),
        ([1, 1, 1, 1], 1.3863, 0.4),
        ([5, 1], 0.4506, 0.7785),
    ],
)
def test_entropy_and_confidence_of_a_vote(votes: list[float], nats: float, sure: float) -> None:
    assert entropy(votes) == pytest.approx(nats, abs=5e-5)
    assert confidence(entropy(votes)) == pytest.approx(sure, abs=5e-5)


def test_three_equal_answers_are_just_sure_enough() -> None:
    assert confidence(log(3)) == pytest.approx(0.5, abs=1e-15)
    assert entropy([4.0]) == 0 and confidence(0) == 1


def test_sums_of_nothing_prefer_no_answer() -> None:
    assert entropy([0.0, 0.0]) == pytest.approx(log(2))
    assert entropy([1.0, 0.0]) == 0


@pytest.mark.parametrize(("p", "n"), [(0.04, 0), (0.26, 3), (0.55, 6), (0.65, 7), (0.95, 9), (1.0, 10), (0.0, 0)])
def test_probabilities_as_tenths(p: float, n: int) -> None:
    assert tenths(p) == n


SURE, UNSURE = [5.0, 1.0], [1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("rewards", "outcomes", "steps", "hard"),
    [
        ([0.5, 0.9], UNSURE, UNSURE, True),
        ([0.5, 0.9], UNSURE, SURE, True),  # one of the two confidences is enough
        ([0.5, 0.9], SURE, UNSURE, True),
        ([0.5, 0.9], SURE, SURE, False),  # quality alone is not
        ([1.5, 0.9], UNSURE, UNSURE, False),  # neither is confidence
        ([1.0], UNSURE, UNSURE, False),  # a quality of 0 is not below 0
        ([1.5, 0.9], SURE, SURE, False),
    ],
)
def test_hard_is_low_quality_and_low_confidence(
    rewards: list[float], outcomes: list[float], steps: list[float], hard: bool
) -> None:
    assert route(rewards, outcomes, steps, ORDINARY).hard is hard


def test_quality_is_in_deviations_from_the_mean() -> None:
    found = route([0.5, 1.0], SURE, SURE, ORDINARY)
    assert found.quality == pytest.approx(-0.5) and found.quality_low and not found.confidence_low
    assert (found.outcome_entropy, found.outcome_confidence) == pytest.approx((0.4506, 0.7785), abs=5e-5)


def test_without_any_answer_there_is_no_confidence() -> None:
    found = route([0.5], [], [], ORDINARY)
    assert (found.outcome_entropy, found.step_confidence, found.hard) == (None, 0.0, True)


def test_a_majority_that_no_chain_gives_is_not_of_low_quality() -> None:
    found = route([], UNSURE, UNSURE, ORDINARY)
    assert (found.quality, found.quality_low, found.hard) == (None, False, False)


def test_thresholds_are_settings() -> None:
    strict = Thresholds(1.0, 0.5, quality=2.0, confidence=1.0)
    assert route([1.5], SURE, SURE, strict).hard
