"""A product of prompts by SMC: by enumeration, what comes out is the product over whole texts, to any powers."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.policies.agreement import BOUND, worst
from tests.engine.policies.tables import tally, walked
from tests.enumeration import Language, Law
from webapp.engine.policies.settings import Product, Resampling
from webapp.engine.policies.weights import shares

OFTEN = Resampling(threshold=0.95, every=1)
ONE, OTHER = Language(5, spread=0.8), Language(6, spread=0.8)
REPLICATIONS = 200


def masses(exponents: tuple[float, ...]) -> Law:
    """Return the product of what both prompts say of every text, not normalised."""
    return {
        text: np.exp(sum(beta * sum(each.path(text)) for beta, each in zip(exponents, (ONE, OTHER), strict=True)))
        for text in ONE.texts()
    }


@pytest.mark.parametrize(
    "exponents",
    [
        (1.0, 1.0),
        (0.5, 0.5),
        (-0.5, 1.5),  # guidance of 1.5: away from the first prompt
        (0.0, 1.0),  # the second prompt alone
    ],
)
def test_estimates_are_those_of_the_product_on_average(exponents: tuple[float, ...]) -> None:
    estimates = []
    for seed in range(REPLICATIONS):
        found = walked(Product(exponents, OFTEN), ONE, OTHER, n=8, seed=seed)
        final = found.weights()
        estimates.append(tally(found.texts, np.exp(final["log_z"]) * shares(final["log_weights"])))
    assert worst(estimates, masses(exponents)) < BOUND


def test_weights_are_normalisers_that_never_gain_where_powers_are_shares() -> None:
    found = walked(Product((0.3, 0.7), Resampling(0.0)), ONE, OTHER, n=32)
    final = found.weights()
    for text, log_weight, carried in zip(found.texts, final["log_weights"], final["carried"], strict=True):
        steps = [0.3 * ONE.logprobs(text[:i]) + 0.7 * OTHER.logprobs(text[:i]) for i in range(len(text))]
        normalisers = [np.log(np.exp(step).sum()) for step in steps]
        assert log_weight == pytest.approx(sum(normalisers), abs=1e-5)
        assert max(normalisers) <= 0
        assert carried == [pytest.approx(sum(each.path(text)), abs=1e-5) for each in (ONE, OTHER)]


def test_beyond_guidance_of_1_weights_gain_where_prompts_disagree() -> None:
    final = walked(Product((-0.5, 1.5), Resampling(0.0)), ONE, OTHER, n=32).weights()
    assert min(final["log_weights"]) > 0
    same = walked(Product((-0.5, 1.5), Resampling(0.0)), ONE, ONE, n=32).weights()
    assert same["log_weights"] == pytest.approx([0.0] * 32, abs=1e-5), "who agree lose and gain nothing"


def test_one_prompt_to_the_power_of_1_is_plain_sampling() -> None:
    found = walked(Product((1.0,), OFTEN), ONE, n=64)
    assert found.weights()["log_weights"] == pytest.approx([0.0] * 64, abs=1e-5)
    assert found.weights()["log_z"] == pytest.approx(0.0, abs=1e-5)
    assert found.noted("resampled") == []


def test_the_increment_does_not_depend_on_the_token() -> None:
    """One step by hand: the laws (0.7, 0.3) and (0.4, 0.6) to the powers 1 and 2."""
    laws = [np.array([0.7, 0.3, 1e-30, 1e-30, 1e-30]), np.array([0.4, 0.6, 1e-30, 1e-30, 1e-30])]
    found = walked(Product((1.0, 2.0), Resampling(0.0)), *(Single(np.log(law)) for law in laws), n=16)
    assert set(found.texts) == {(0,), (1,)}
    expected = np.log(0.7 * 0.4**2 + 0.3 * 0.6**2)
    assert found.weights()["log_weights"] == pytest.approx([expected] * 16, abs=1e-5)


class Single(Language):
    """One step with a law of its own."""

    def __init__(self, logprobs: np.ndarray) -> None:
        super().__init__(longest=1)
        self.of_all = logprobs

    def logits(self, prefix: tuple[int, ...]) -> np.ndarray:
        return self.of_all
