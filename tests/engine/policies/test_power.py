"""Power sampling by SMC: by enumeration, what comes out is p^alpha over whole texts, and Z is right on average."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.engine.policies.agreement import BOUND, worst
from tests.engine.policies.tables import Walked, tally, walked
from tests.enumeration import Language, Law, normalised
from webapp.engine.policies.settings import Power, Resampling
from webapp.engine.policies.weights import shares

ALPHA = 2.0
OFTEN = Resampling(threshold=0.95, every=1)
LANGUAGE = Language(3, spread=0.8)
REPLICATIONS = 200


def masses(language: Language, alpha: float = ALPHA) -> Law:
    """Return p^alpha of every text, not normalised."""
    return {text: np.exp(alpha * sum(language.path(text))) for text in language.texts()}


def estimate(found: Walked) -> Mapping[tuple[int, ...], float]:
    """Return what a run says of the masses: the estimate of Z, shared out by the weights of the texts."""
    final = found.weights()
    return tally(found.texts, np.exp(final["log_z"]) * shares(final["log_weights"]))


def estimates(policy: Power, n: int = 8, **settings: Any) -> list[Mapping[tuple[int, ...], float]]:
    settings = {"temperature": 1 / ALPHA} | settings
    return [estimate(walked(policy, LANGUAGE, n=n, seed=seed, **settings)) for seed in range(REPLICATIONS)]


@pytest.mark.parametrize(
    ("policy", "temperature"),
    [
        (Power(ALPHA, resampling=OFTEN), 1 / ALPHA),
        (Power(ALPHA, resampling=Resampling(threshold=0.0)), 1 / ALPHA),
        (Power(ALPHA, resampling=OFTEN), 0.8),  # not 1 / alpha: more variance, the same target
        (Power(ALPHA, ramp=2, resampling=OFTEN), 1 / ALPHA),
        (Power(ALPHA, ramp=10, follows=True, resampling=OFTEN), 1 / ALPHA),  # the ramp is longer than any text
    ],
)
def test_estimates_are_those_of_the_target_on_average(policy: Power, temperature: float) -> None:
    assert worst(estimates(policy, temperature=temperature), masses(LANGUAGE)) < BOUND


def test_many_particles_are_distributed_as_the_target_and_not_as_a_low_temperature_is() -> None:
    found = walked(Power(ALPHA, resampling=OFTEN), LANGUAGE, n=4000, temperature=1 / ALPHA)
    drawn = tally(found.texts, shares(found.weights()["log_weights"]))
    cool = {text: np.exp(sum(LANGUAGE.path(text, 1 / ALPHA))) for text in LANGUAGE.texts()}

    def distance(law: Law) -> float:
        return sum(abs(drawn.get(text, 0.0) - p) for text, p in law.items()) / 2

    assert distance(LANGUAGE.law(ALPHA)) < 0.04
    assert distance(cool) > 0.08


def test_truncation_leaves_the_target_on_the_texts_that_survive_it() -> None:
    def survives(text: tuple[int, ...]) -> bool:
        return all(token in np.argsort(-LANGUAGE.logits(text[:i]))[:3] for i, token in enumerate(text))

    surviving = {text: mass for text, mass in masses(LANGUAGE).items() if survives(text)}
    assert 3 < len(surviving) < len(masses(LANGUAGE))
    assert worst(estimates(Power(ALPHA, resampling=OFTEN), top_k=3), surviving) < BOUND


def test_weights_are_what_the_prefixes_say_whatever_token_was_drawn() -> None:
    found = walked(Power(ALPHA, resampling=Resampling(threshold=0.0)), LANGUAGE, n=16, temperature=1 / ALPHA)
    for text, log_weight in zip(found.texts, found.weights()["log_weights"], strict=True):
        prefixes = [LANGUAGE.logprobs(text[:i]) for i in range(len(text))]
        assert log_weight == pytest.approx(sum(np.log(np.exp(ALPHA * p).sum()) for p in prefixes), abs=1e-5)


def test_a_weight_is_alpha_log_p_minus_log_q_along_any_ramp() -> None:
    policy = Power(ALPHA, ramp=2, resampling=Resampling(threshold=0.0))
    found = walked(policy, LANGUAGE, n=16, temperature=0.7)
    final = found.weights()
    assert {len(text) for text in found.texts} == {1, 2, 3}, "some end before the ramp does"
    for text, log_weight, carried in zip(found.texts, final["log_weights"], final["carried"], strict=True):
        log_p, log_q = sum(LANGUAGE.path(text)), sum(LANGUAGE.path(text, 0.7))
        assert carried == [pytest.approx(log_p, abs=1e-5)]
        assert log_weight == pytest.approx(ALPHA * log_p - log_q, abs=1e-5)


def test_resampling_is_noted_with_who_went_on() -> None:
    found = walked(Power(ALPHA, resampling=OFTEN), LANGUAGE, n=8, temperature=1 / ALPHA)
    events = found.noted("resampled")
    assert events and [event.life for event in events] == [None] * len(events)
    lives = list(range(8))
    for event in events:
        assert event.data["before"] == lives
        assert sum(event.data["shares"]) == pytest.approx(1.0) and event.data["size"] < 0.95 * 8
        lives = event.data["after"]
    assert found.weights()["lives"] == lives == [particle.life for particle in found.particles]
    assert len(found.weights()["sizes"]) == max(map(len, found.texts))


def test_it_looks_only_as_often_as_it_is_told_to() -> None:
    found = walked(Power(ALPHA, resampling=Resampling(1.01, every=2)), LANGUAGE, n=8, temperature=1 / ALPHA)
    assert [event.index for event in found.noted("resampled")] == [2]


# The toy language of the vectors: two steps, three tokens.
FIRST = [1.2, 0.3, -0.5]
SECOND = [[0.4, 1.0, -0.2], [1.5, -0.3, 0.6], [-0.8, 0.2, 0.9]]
POWER_LAW = [
    0.175435748854, 0.582467198624, 0.0528402321174, 0.133369081476, 0.00364413976531, 0.0220457608912,
    0.000787362535593, 0.0058178659457, 0.0235926097901,
]  # fmt: skip
COOL_LAW = [
    0.180523761088, 0.599359994146, 0.0543727119525, 0.115628921743, 0.00315941256458, 0.0191133322103,
    0.000725934162741, 0.00536396825263, 0.0217519638802,
]  # fmt: skip


class Toy(Language):
    """The language of vector m16_power_vs_low_temperature, in the first three of five tokens."""

    def logits(self, prefix: tuple[int, ...]) -> np.ndarray:
        return np.array([*(SECOND[prefix[0]] if prefix else FIRST), -60.0, -60.0])


def test_the_weighted_texts_of_the_vector() -> None:
    toy = Toy(longest=2)
    found = walked(Power(2.0, resampling=Resampling(threshold=0.0)), toy, n=10_000, temperature=0.5)
    final, texts = found.weights(), [(i, j) for i in range(3) for j in range(3)]
    weight = dict(zip(found.texts, np.exp(final["log_weights"]), strict=True))
    assert set(weight) == set(texts), "every text was drawn"
    weighed = {text: q * weight[text] for text, q in zip(texts, COOL_LAW, strict=True)}
    assert sum(weighed.values()) == pytest.approx(0.198607728313, rel=1e-5), "E[product of increments] = Z"
    assert list(normalised(weighed).values()) == pytest.approx(POWER_LAW, rel=1e-5)


class Single(Language):
    """The only step of vector m16_power_smc_increment, of eight tokens."""

    def logits(self, prefix: tuple[int, ...]) -> np.ndarray:
        return np.array([2.1, -0.3, 0.7, 0.0, -1.2, 0.4, -0.8, 1.5])


@pytest.mark.parametrize(
    ("alpha", "increment"), [(0.5, 0.906989657644), (1, 0.0), (2, -1.29837134302), (4, -3.21074938971)]
)
def test_the_increment_of_the_vector_whatever_token_was_drawn(alpha: float, increment: float) -> None:
    found = walked(Power(alpha, resampling=Resampling(0.0)), Single(longest=1), n=64, temperature=1 / alpha)
    assert len(set(found.texts)) > 2
    assert found.weights()["log_weights"] == pytest.approx([increment] * 64, abs=1e-5)


def test_the_increment_of_the_vector_at_another_temperature() -> None:
    found = walked(Power(4.0, resampling=Resampling(0.0)), Single(longest=1), n=64, temperature=0.5)
    assert found.weights()["log_weights"][found.texts.index((7,))] == pytest.approx(-4.14950353369, abs=1e-5)
